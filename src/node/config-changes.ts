import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import { pinsDeclarations } from './pins-arguments.ts';

const DEVICE_SECTIONS = ['reader', 'input', 'output'] as const;
export type DeviceSection = (typeof DEVICE_SECTIONS)[number];

/** The names of one section that two configurations do not share, or share with other settings. */
export interface SectionChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type DeviceChanges = Readonly<Record<DeviceSection, SectionChanges>>;

/** What a running node takes up. */
export function deviceChanges(before: Config, after: Config): DeviceChanges {
  const of = (section: DeviceSection) => sectionChanges(before[section], after[section]);
  return { reader: of('reader'), input: of('input'), output: of('output') };
}

/** Keys that differ and that only a new start takes up, as `node.name`. */
export function fixedKeys(before: Config, after: Config): readonly string[] {
  const sections = Object.keys(after).filter((section) => !DEVICE_SECTIONS.some((one) => one === section));
  return sections.flatMap((section) => {
    const { added, changed, removed } = sectionChanges(tableOf(before, section), tableOf(after, section));
    return [...added, ...changed, ...removed].map((key) => `${section}.${key}`);
  });
}

/** Whether the pins process has to own other lines, or the same ones otherwise; their order means nothing. */
export function movesPins(before: Config, after: Config): boolean {
  const texts = (config: Config) =>
    pinsDeclarations(config)
      .map((words) => words.join(' '))
      .sort();
  return !isDeepStrictEqual(texts(before), texts(after));
}

export function isUnchanged(changes: DeviceChanges): boolean {
  return Object.values(changes).every(
    ({ added, changed, removed }) => added.length + changed.length + removed.length === 0,
  );
}

type Table = Readonly<Record<string, unknown>>;

function tableOf(config: Config, section: string): Table {
  return { ...(config[section as keyof Config] as Table | undefined) };
}

function sectionChanges(before: Table, after: Table): SectionChanges {
  const names = Object.keys(after);
  return {
    added: names.filter((name) => !Object.hasOwn(before, name)),
    changed: names.filter((name) => Object.hasOwn(before, name) && !isDeepStrictEqual(before[name], after[name])),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
  };
}
