import { constants } from 'node:os';
import { TREE_PROBLEMS_MAX } from '../base/limits-chunks.ts';

/** What went wrong with one file, and did not end the whole. */
export interface TreeProblem {
  readonly code: TreeProblemCode;
  /** From the root of the tree; bytes, as names are. */
  readonly path: Uint8Array;
  /** For people: why, such as EACCES. Empty where the code says it all. */
  readonly text: string;
}

export type TreeProblemCode =
  // Of reading a folder.
  | 'file_changed'
  | 'not_read'
  | 'left_out'
  | 'attributes_not_read'
  | 'time_not_read'
  | 'links_many'
  // Of writing one.
  | 'not_made'
  | 'content_lost'
  | 'device_not_allowed'
  | 'attribute_not_allowed'
  | 'set_id_left_out'
  | 'owner_not_set'
  | 'mode_not_set'
  | 'attributes_not_set'
  | 'time_not_set';

/** Those that leave out something which was to be there. */
const MISSING: readonly TreeProblemCode[] = ['not_read', 'not_made', 'content_lost', 'device_not_allowed'];

/** Told in their order up to `TREE_PROBLEMS_MAX`; the counts are of all. */
export class Problems {
  readonly told: TreeProblem[] = [];
  #count = 0;
  #missingCount = 0;

  get count(): number {
    return this.#count;
  }

  get missingCount(): number {
    return this.#missingCount;
  }

  add(code: TreeProblemCode, path: Uint8Array, text: string): void {
    this.#count += 1;
    if (MISSING.includes(code)) this.#missingCount += 1;
    // What the path lies in may be a whole answer.
    if (this.told.length < TREE_PROBLEMS_MAX) this.told.push({ code, path: Uint8Array.from(path), text });
  }
}

/** Such as EACCES. @param code an error number of the kernel, above 0. */
export function errorName(code: number): string {
  const [name] = Object.entries(constants.errno).find(([, number]) => number === code) ?? [];
  return name ?? `error ${code}`;
}
