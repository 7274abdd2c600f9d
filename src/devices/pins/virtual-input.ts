import type { InputDeclaration } from './declarations.ts';
import type { InputEdge, InputLine } from './lines.ts';
import { nowNs } from './monotonic.ts';
import type { PinsLevel } from './protocol.ts';

/** An input in memory: at rest at the level its bias pulls it to, else wherever it is driven. */
export class VirtualInput implements InputLine {
  readonly #declaration: InputDeclaration;
  readonly #onEdge: (edge: InputEdge) => void;
  readonly #onRelease: () => void;
  #level: PinsLevel;
  #seq = 0;

  constructor(declaration: InputDeclaration, onEdge: (edge: InputEdge) => void, onRelease: () => void) {
    this.#declaration = declaration;
    this.#onEdge = onEdge;
    this.#onRelease = onRelease;
    this.#level = declaration.bias === 'pull-up' ? 'high' : 'low';
  }

  isActive(): boolean {
    return this.#level === this.#declaration.active;
  }

  drive(level: PinsLevel): void {
    if (level === this.#level) return;
    this.#level = level;
    this.#seq += 1;
    this.#onEdge({ active: this.isActive(), atNs: nowNs(), seq: this.#seq });
  }

  release(): void {
    this.#onRelease();
  }
}
