import { CodedError } from '../base/errors.ts';
import { TREES_LINKED_MAX } from '../base/limits-chunks.ts';
import { isBefore } from './paths.ts';

/** What hard links of a snapshot may lead to: what came before them, and was made in this run. */
export class LinkTargets {
  /** Null: nothing else is there that a link could lead to. */
  readonly #made: Set<string> | null;

  /** @param isAmongOthers whether files stand in the target that are not of the snapshot. */
  constructor(isAmongOthers: boolean) {
    this.#made = isAmongOthers ? new Set() : null;
  }

  /** Beyond the cap, links to what is not remembered are not made. */
  note(path: Uint8Array): void {
    if (this.#made !== null && this.#made.size < TREES_LINKED_MAX) this.#made.add(keyOf(path));
  }

  /**
   * @param settle resolves once it is known what was made.
   * @throws hardlink_order.
   */
  async has(to: Uint8Array, path: Uint8Array, settle: () => Promise<void>): Promise<boolean> {
    if (!isBefore(to, path)) {
      throw new CodedError('hardlink_order', 'a hard link of the snapshot leads to what comes after it', {
        fields: { path: Buffer.from(path).toString(), to: Buffer.from(to).toString() },
      });
    }
    if (this.#made === null) return true;
    await settle();
    return this.#made.has(keyOf(to));
  }
}

function keyOf(path: Uint8Array): string {
  return Buffer.from(path).toString('latin1');
}
