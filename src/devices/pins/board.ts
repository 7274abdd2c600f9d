import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import { type Declaration, pinsOf } from './declarations.ts';
import type { PinsEvent } from './events.ts';
import { Inputs } from './inputs.ts';
import type { LinesBackend } from './lines.ts';
import { earlier, NS_PER_MS, nowNs } from './monotonic.ts';
import { Outputs } from './outputs.ts';
import { type Change, type Claim, planChange, sameDeclaration, type Wanted } from './plan.ts';
import { WiegandReaders } from './wiegand-readers.ts';

/** Every line this process owns: what is declared, what is claimed for it, and the rules of each kind. */
export class Board {
  readonly outputs = new Outputs();
  readonly inputs = new Inputs();
  readonly #readers = new WiegandReaders();
  readonly #backend: LinesBackend;
  readonly #onEdge: () => void;
  #claims: readonly Claim[] = [];

  /** `onEdge` runs after each edge of an input or a reader: events and due times may have changed. */
  constructor(backend: LinesBackend, onEdge: () => void) {
    this.#backend = backend;
    this.#onEdge = onEdge;
  }

  /**
   * Makes `declarations` what this board owns. What is declared as before is not touched. On an error everything new
   * is given back and nothing has changed.
   * @throws the codes of a claim, line_twice; board_lost when an old line could not be had back: the process is to end
   */
  change(declarations: readonly Declaration[]): { readonly added: number; readonly removed: number } {
    const wanted = declarations.map((declaration) => ({
      declaration,
      places: pinsOf(declaration).map((pin) => this.#backend.place(pin)),
    }));
    const change = planChange(this.#claims, wanted);
    const fresh = this.#claimAll(change.fresh);
    let exchanged: readonly Claim[];
    try {
      exchanged = this.#exchange(change);
    } catch (error) {
      for (const { line } of fresh) line.release();
      throw error;
    }
    // From here on nothing is refused any more.
    for (const claim of change.going) this.#giveUp(claim, change);
    const adopted = change.adopted.map(({ from, declaration }) => ({ ...from, declaration }));
    this.#own([...change.kept, ...adopted, ...fresh, ...exchanged], declarations);
    return { added: declarations.length - change.kept.length, removed: change.going.length };
  }

  /** Ends what is due. */
  tick(): void {
    this.outputs.tick();
    this.inputs.tick();
    this.#readers.tick();
  }

  /** What happened since the last call; of one output, input or reader in the order it happened. */
  takeEvents(): readonly PinsEvent[] {
    return [...this.outputs.takeEvents(), ...this.inputs.takeEvents(), ...this.#readers.takeEvents()];
  }

  /** Milliseconds until `tick` has work next, rounded up; undefined for never. */
  dueMs(): number | undefined {
    const due = earlier(earlier(this.outputs.dueNs(), this.inputs.dueNs()), this.#readers.dueNs());
    if (due === undefined) return undefined;
    const waitNs = due - nowNs();
    return waitNs <= 0n ? 0 : Number((waitNs + NS_PER_MS - 1n) / NS_PER_MS);
  }

  #claim({ declaration, places }: Wanted, on: boolean): Claim {
    const { name } = declaration;
    const backend = this.#backend;
    const heard = <Edge>(hear: (name: string, edge: Edge) => void) => {
      return (edge: Edge) => {
        hear(name, edge);
        this.#onEdge();
      };
    };
    switch (declaration.kind) {
      case 'output':
        return { kind: 'output', declaration, places, line: backend.claimOutput(declaration, on) };
      case 'input': {
        const onEdge = heard(this.inputs.hear.bind(this.inputs));
        return { kind: 'input', declaration, places, line: backend.claimInput(declaration, onEdge) };
      }
      case 'wiegand': {
        const onEdge = heard(this.#readers.hear.bind(this.#readers));
        return { kind: 'wiegand', declaration, places, line: backend.claimWiegand(declaration, onEdge) };
      }
    }
  }

  #claimAll(wanted: readonly Wanted[]): readonly Claim[] {
    const claimed: Claim[] = [];
    try {
      for (const one of wanted) claimed.push(this.#claim(one, false));
    } catch (error) {
      for (const { line } of claimed) line.release();
      throw error;
    }
    return claimed;
  }

  /** Gives lines back and claims them as what they are to be; on an error they are again what they were. */
  #exchange({ blocking, exchanged }: Change): readonly Claim[] {
    const released: Claim[] = [];
    try {
      for (const claim of blocking) {
        if (claim.kind === 'output') claim.line.set(false);
        claim.line.release();
        released.push(claim);
      }
      return this.#claimAll(exchanged);
    } catch (error) {
      this.#restore(blocking, released, error);
      throw error instanceof CodedError ? error : new CodedError('line_failed', messageOf(error));
    }
  }

  #restore(blocking: readonly Claim[], released: readonly Claim[], cause: unknown): void {
    try {
      const restored = blocking.map((claim) => {
        const on = this.outputs.isOn(claim.declaration.name);
        if (released.includes(claim)) return this.#claim(claim, on);
        if (claim.kind === 'output' && on) claim.line.set(true);
        return claim;
      });
      const others = this.#claims.filter((claim) => !blocking.includes(claim));
      this.#own(
        [...others, ...restored],
        this.#claims.map(({ declaration }) => declaration),
      );
    } catch (error) {
      const why = `${codeOf(error) ?? 'line_failed'}: ${messageOf(error)}`;
      const text = `a line could not be had back after a failed reload: ${why}`;
      throw new CodedError('board_lost', text, { cause });
    }
  }

  #giveUp(claim: Claim, { adopted, blocking }: Change): void {
    const isReleased = blocking.includes(claim);
    if (claim.kind === 'output') this.outputs.retire(claim.declaration.name, isReleased);
    if (!isReleased && !adopted.some(({ from }) => from === claim)) claim.line.release();
  }

  /** `declarations` gives the order in which they are listed. */
  #own(claims: readonly Claim[], declarations: readonly Declaration[]): void {
    this.#claims = declarations.flatMap((one) => claims.filter((claim) => sameDeclaration(claim.declaration, one)));
    this.outputs.replace(this.#claims.filter((claim) => claim.kind === 'output'));
    this.inputs.replace(this.#claims.filter((claim) => claim.kind === 'input'));
    this.#readers.replace(this.#claims.filter((claim) => claim.kind === 'wiegand'));
  }
}
