import { FAULTS_SHOWN_MAX } from '../base/limits-chunks.ts';
import { blobIdText } from '../chunks/blob-id.ts';
import type { Entry } from '../chunks/tree/entry.ts';
import type { TreeProblem } from '../trees/problems.ts';
import { shownName } from './tree-names.ts';

const LETTERS: Readonly<Record<Entry['kind'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  hardlink: 'h',
};

export function entryJson(path: Uint8Array, entry: Entry) {
  const { kind } = entry;
  const shown = { path: shownName(path), kind };
  if (entry.kind === 'hardlink') return { ...shown, to: shownName(entry.to) };
  const { mode, uid, gid, modified, attributes } = entry.meta;
  const meta = { mode: mode.toString(8).padStart(4, '0'), uid, gid, modified: { ...modified } };
  const own = { ...shown, ...meta, attributes: attributes.map(({ name }) => shownName(name)) };
  if (entry.kind === 'file') return { ...own, bytes: bytesOf(entry), ...idIn(entry) };
  if (entry.kind === 'symlink') return { ...own, target: shownName(entry.target) };
  if (entry.kind === 'character' || entry.kind === 'block') return { ...own, major: entry.major, minor: entry.minor };
  return own;
}

function idIn(entry: Entry & { readonly kind: 'file' }): { readonly id?: string } {
  if ('inline' in entry.content) return {};
  const { height, digest } = entry.content;
  return { id: blobIdText({ kind: height === 0 ? 'chunk' : 'list', digest }) };
}

function bytesOf(entry: Entry): number {
  if (entry.kind !== 'file') return 0;
  return 'inline' in entry.content ? entry.content.inline.length : entry.content.length;
}

/** Columns of a listing, as `ls -l` has them; sizes exact. */
export function entryRow(path: Uint8Array, entry: Entry): readonly string[] {
  const name = shownName(path);
  if (entry.kind === 'hardlink') return [LETTERS.hardlink, '', '', '', `${name} = ${shownName(entry.to)}`];
  const { mode, uid, gid, modified } = entry.meta;
  const when = new Date(modified.seconds * 1000);
  const time = Number.isNaN(when.getTime()) ? String(modified.seconds) : `${when.toISOString().slice(0, 19)}Z`;
  const rights = `${LETTERS[entry.kind]}${mode.toString(8).padStart(4, '0')}`;
  const shown = entry.kind === 'symlink' ? `${name} -> ${shownName(entry.target)}` : name;
  return [rights, `${uid}:${gid}`, String(bytesOf(entry)), time, shown];
}

export function problemJson({ code, path, text }: TreeProblem) {
  return { code, path: shownName(path), text };
}

/** What went wrong with single files, for standard error. */
export function tellProblems(problems: readonly TreeProblem[], count: number): void {
  const shown = problems.slice(0, FAULTS_SHOWN_MAX);
  for (const { code, path, text } of shown) {
    process.stderr.write(`${shownName(path) || '.'}: ${text} [${code}]\n`);
  }
  if (count > shown.length) process.stderr.write(`and ${count - shown.length} more\n`);
}
