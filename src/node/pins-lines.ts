import { existsSync, rmSync } from 'node:fs';
import { CodedError, messageOf } from '../base/errors.ts';
import type { PinsClient } from '../devices/pins/client.ts';
import type { Log } from '../sandbox/log.ts';
import { readText } from '../store/files.ts';
import type { Config } from './config.ts';
import { pinsOptionsText, writePinsOptions } from './pins-options-file.ts';

/** The pins process as this needs it; `Outputs` is one, and so is a client. */
export type PinsLines = Pick<PinsClient, 'reload' | 'list' | 'inputs'>;

/** What the pins process may have done, or may yet do: no answer of its own came. */
const IN_DOUBT: readonly string[] = ['pins_timeout', 'pins_offline', 'pins_protocol'];

/**
 * Makes the pins process own what `after` says: writes its options file and lets it read that anew. It takes up all or
 * nothing; when it refuses, the file is put back too. @returns what undoes it, which never throws.
 * @throws file_unwritable; pins_bad_options, pins_options_ignored; pins_ and the code of a claim; pins_offline, pins_timeout.
 */
export async function takeLines(pins: PinsLines, before: Config, after: Config): Promise<() => Promise<void>> {
  const path = after.pins.options;
  const old = existsSync(path) ? readText(path) : null;
  const undo = () =>
    tried(async () => {
      writePinsOptions(old ?? pinsOptionsText(before), path);
      await pins.reload();
    });
  writePinsOptions(pinsOptionsText(after), path);
  try {
    await pins.reload();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (IN_DOUBT.includes(error.code)) await undo();
    else if (old === null) rmSync(path, { force: true });
    else await tried(async () => writePinsOptions(old, path));
    throw refused(error, path);
  }
  if (await owns(pins, after)) return undo;
  await undo();
  const message = `the pins process does not own what ${path} says`;
  throw new CodedError('pins_options_ignored', message, { fields: { path }, advice: adviceFor(path) });
}

/**
 * After a connection stands: the pins process may have been started with an older file, or have been lost in the middle
 * of a reload. Nothing changes where it owns what it should. A board whose pins process takes no file has none.
 */
export async function alignLines(pins: Pick<PinsLines, 'reload'>, config: Config, log: Log): Promise<void> {
  const path = config.pins.options;
  if (!existsSync(path)) return;
  const wanted = pinsOptionsText(config);
  try {
    const old = readText(path);
    if (old !== wanted) writePinsOptions(wanted, path);
    try {
      const { added, removed } = await pins.reload();
      if (added + removed > 0) log.info({ added, removed }, 'pins process took up blockmesh.toml');
    } catch (error) {
      // What it refuses now would keep it from starting.
      if (old !== wanted) writePinsOptions(old, path);
      throw error;
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    log.warn(
      { code: error.code, path },
      `the pins process owns other lines than blockmesh.toml says: ${error.message}`,
    );
  }
}

/** What fails now, where the pins process is gone or the disk full, `alignLines` does when a connection stands again. */
async function tried(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}

/** Whether it has these outputs and inputs, and no others: it may have been started with another file. */
async function owns(pins: PinsLines, config: Config): Promise<boolean> {
  try {
    const [outputs, inputs] = [await pins.list(), await pins.inputs()];
    const isSame = (has: readonly { readonly name: string }[], wanted: object) =>
      has.length === Object.keys(wanted).length && has.every(({ name }) => Object.hasOwn(wanted, name));
    return isSame(outputs, config.output) && isSame(inputs, config.input);
  } catch (error) {
    // It has said yes and is gone since: it reads the file when it is back.
    if (error instanceof CodedError) return true;
    throw error;
  }
}

function refused(error: CodedError, path: string): CodedError {
  const { code } = error;
  if (IN_DOUBT.includes(code)) return error;
  return new CodedError(code, `the pins process refuses it: ${messageOf(error)}`, {
    cause: error,
    fields: { ...error.fields, path },
    advice:
      code === 'pins_bad_options' ? adviceFor(path) : 'Nothing has changed. Mend blockmesh.toml and reload again.',
  });
}

function adviceFor(path: string): string {
  return `Nothing has changed. Write its file by \`blockmesh pins options --file\` and start it anew with --options ${path}.`;
}
