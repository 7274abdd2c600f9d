import { equalBytes } from '../../base/bytes.ts';
import { equalContent } from './content.ts';
import type { Entry, HardLink, Meta } from './entry.ts';

/** In what two entries of one name differ. `links`: which name of a file with several is the first one. */
export type Aspect =
  | 'kind'
  | 'content'
  | 'holes'
  | 'target'
  | 'device'
  | 'mode'
  | 'owner'
  | 'time'
  | 'attributes'
  | 'links';

type Placed = Exclude<Entry, HardLink>;

/** Directories differ in what is told of themselves; what lies in them has names of its own. */
export function aspectsOf(before: Placed, after: Placed): readonly Aspect[] {
  return [...nodeAspects(before, after), ...metaAspects(before.meta, after.meta)];
}

export function isSameLink(before: Entry, after: Entry): boolean {
  return before.kind === 'hardlink' && after.kind === 'hardlink' && equalBytes(before.to, after.to);
}

function nodeAspects(before: Placed, after: Placed): readonly Aspect[] {
  if (before.kind === 'file' && after.kind === 'file') {
    return [
      ...when(!equalContent(before.content, after.content), 'content'),
      ...when(before.hasHoles !== after.hasHoles, 'holes'),
    ];
  }
  if (before.kind === 'symlink' && after.kind === 'symlink') {
    return when(!equalBytes(before.target, after.target), 'target');
  }
  if ('major' in before && 'major' in after && before.kind === after.kind) {
    return when(before.major !== after.major || before.minor !== after.minor, 'device');
  }
  return when(before.kind !== after.kind, 'kind');
}

function metaAspects(before: Meta, after: Meta): readonly Aspect[] {
  const [was, is] = [before.modified, after.modified];
  return [
    ...when(before.mode !== after.mode, 'mode'),
    ...when(before.uid !== after.uid || before.gid !== after.gid, 'owner'),
    ...when(was.seconds !== is.seconds || was.nanoseconds !== is.nanoseconds, 'time'),
    ...when(!equalAttributes(before, after), 'attributes'),
  ];
}

function equalAttributes({ attributes: before }: Meta, { attributes: after }: Meta): boolean {
  if (before.length !== after.length) return false;
  return before.every(({ name, value }, index) => {
    const other = after[index];
    return other !== undefined && equalBytes(name, other.name) && equalBytes(value, other.value);
  });
}

function when(differs: boolean, aspect: Aspect): readonly Aspect[] {
  return differs ? [aspect] : [];
}
