import { CodedError } from '../../base/errors.ts';
import { blobIdText } from '../../chunks/blob-id.ts';
import type { Root } from '../../chunks/ports.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import { idOf } from './find-large.ts';

/** The one place through which names are taken away from what they keep. */

/** Names that go together or not at all. */
export type Going = readonly Root[];

export interface LetGoOptions {
  /** How many other nodes are to hold what goes with its last name here, as the ledger has it; 0: that is not asked. */
  readonly least: number;
  /** Only says what would go. */
  readonly isDryRun: boolean;
}

/**
 * Lets go of each, one after the other, or keeps all of it. A name that stands for something else by now stays.
 * @returns of each why it is kept, as copies_few; null: it went.
 */
export function letGoOfEach(
  store: Chunks,
  goings: readonly Going[],
  { least, isDryRun }: LetGoOptions,
): readonly (CodedError | null)[] {
  const { file, roots } = store;
  if (isDryRun) return file.read(() => refusalsOf(store, goings, least));
  return file.write(() => {
    const still = goings.map((going) => going.filter((root) => isStill(store, root)));
    const refusals = refusalsOf(store, still, least);
    for (const [index, going] of still.entries()) {
      if (refusals[index] === null) for (const { kind, name } of going) roots.remove(kind, name);
    }
    return refusals;
  });
}

/** Lets go of all of these or of none. @throws copies_few. */
export function letGo(store: Chunks, going: Going, options: LetGoOptions): void {
  const [refusal = null] = letGoOfEach(store, [going], options);
  if (refusal !== null) throw refusal;
}

/** Why these may not go, in their order, each as if those before it that may were gone; null: it may. */
export function refusalsOf(store: Chunks, goings: readonly Going[], least: number): readonly (CodedError | null)[] {
  if (least === 0) return goings.map(() => null);
  const names = new Map<string, number>();
  for (const root of store.roots.list()) names.set(contentOf(root), (names.get(contentOf(root)) ?? 0) + 1);
  return goings.map((going) => {
    const left = new Map<string, number>();
    for (const root of going) {
      const content = contentOf(root);
      left.set(content, (left.get(content) ?? names.get(content) ?? 0) - 1);
    }
    // What another name here keeps does not go with this one.
    const last = going.filter((root) => (left.get(contentOf(root)) ?? 0) <= 0);
    const refusal = last.map((root) => refusalOf(store, root, least)).find((error) => error !== null) ?? null;
    if (refusal === null) for (const [content, count] of left) names.set(content, count);
    return refusal;
  });
}

/** What keeps it does not matter here, and neither does what it is called. */
export function contentOf(root: Root): string {
  return `${root.target.kind} ${blobIdText(idOf(root))}`;
}

function refusalOf(store: Chunks, { name, target }: Root, least: number): CodedError | null {
  try {
    store.copies.requireElsewhere(target, least);
    return null;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'copies_few') throw error;
    return new CodedError(error.code, `${name} stays: ${error.message}`, {
      fields: { ...error.fields, name },
      advice: 'Let other boards fetch it first, or say --force; `blockmesh store copies` shows and sets the rule.',
    });
  }
}

function isStill({ roots }: Chunks, root: Root): boolean {
  const found = roots.find(root.kind, root.name);
  return found !== null && contentOf(found) === contentOf(root);
}
