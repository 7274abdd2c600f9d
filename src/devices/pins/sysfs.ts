import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import { PINS_CHIPS_MAX, PINS_HOLDERS_LOOKED_MAX } from '../../base/limits.ts';
import type { Pin } from './declarations.ts';

/** What /sys/class/gpio shows of chips and lines, without claiming any. */

const CLASS = '/sys/class/gpio';

interface SysfsChip {
  readonly label: string;
  /** Number of its first line among all lines of the kernel. It may be another after each boot. */
  readonly base: number;
  readonly count: number;
}

/**
 * The number by which sysfs knows a pin.
 * @throws chip_missing, chip_ambiguous, chip_denied, line_missing
 */
export function sysfsNumber({ chip, line, offset }: Pin): number {
  if (line !== undefined || offset === undefined) {
    const text = `line ${line}: sysfs knows no names of lines`;
    throw new CodedError('line_missing', text, {
      advice: 'give the chip by its label, and the offset of the line on it',
    });
  }
  const chips = readChips();
  const found = chips.filter(({ label }) => label === chip);
  const [one] = found;
  if (one === undefined) {
    const shown = chips.map(({ label }) => label).join(', ') || 'none';
    throw new CodedError('chip_missing', `no chip in ${CLASS} is labelled ${chip}: there is ${shown}`);
  }
  if (found.length > 1) throw new CodedError('chip_ambiguous', `${found.length} chips are labelled ${chip}`);
  if (offset >= one.count) {
    throw new CodedError('line_missing', `chip ${chip} has ${one.count} lines, offset ${offset} is beyond them`);
  }
  return one.base + offset;
}

/** The folder of a line that sysfs gives to a process. */
export function sysfsFolder(number: number): string {
  return join(CLASS, `gpio${number}`);
}

/**
 * Processes that have the line open. A line stays given out after the death of its process, and sysfs does not say to
 * whom, so the open files of all processes are looked at: those of other users too, when we may.
 */
export function sysfsHolders(number: number): readonly number[] {
  const isValue = (target: string | undefined) => target?.endsWith(`/gpio${number}/value`) === true;
  const holders: number[] = [];
  for (const name of readdirSync('/proc').slice(0, PINS_HOLDERS_LOOKED_MAX)) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const folder = `/proc/${pid}/fd`;
    if (openFiles(folder).some((fd) => isValue(linkOf(join(folder, fd))))) holders.push(pid);
  }
  return holders;
}

function readChips(): readonly SysfsChip[] {
  if (!existsSync(CLASS)) {
    throw new CodedError('chip_missing', `this kernel shows no ${CLASS}`, {
      advice: 'use blockmesh-pins, which drives lines by the newer interface of the kernel',
    });
  }
  try {
    accessSync(join(CLASS, 'export'), constants.W_OK);
  } catch (cause) {
    throw new CodedError('chip_denied', `no right to take lines by ${CLASS}/export: ${messageOf(cause)}`, { cause });
  }
  const names = readdirSync(CLASS).filter((name) => /^gpiochip\d+$/.test(name));
  return names.slice(0, PINS_CHIPS_MAX).map((name) => {
    const file = (key: string) => readFileSync(join(CLASS, name, key), 'utf8').trim();
    return { label: file('label'), base: Number(file('base')), count: Number(file('ngpio')) };
  });
}

/** A process may end, and others are not ours to look into. */
function openFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
