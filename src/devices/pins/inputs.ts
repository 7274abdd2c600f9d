import type { InputDeclaration } from './declarations.ts';
import type { PinsEvent } from './events.ts';
import type { InputEdge, InputLine } from './lines.ts';
import { earlier, nowNs } from './monotonic.ts';
import type { PinsInput } from './protocol.ts';
import { Rate } from './rate.ts';

/** An input and the line it was claimed with. */
export interface InputMember {
  readonly declaration: InputDeclaration;
  readonly line: InputLine;
}

interface Input extends InputMember {
  readonly rate: Rate;
  active: boolean | undefined;
  atNs: bigint;
  seq: number;
  /** What watchers know: the level at the claim, or the newest told. */
  told: boolean | undefined;
}

/** The inputs of a board: every change is told, and over its rate the newest level once it may be. */
export class Inputs {
  #inputs = new Map<string, Input>();
  #events: PinsEvent[] = [];

  /** Makes these the inputs; one with the line it had goes on, every other begins with its level as it is read now. */
  replace(members: readonly InputMember[]): void {
    const before = this.#inputs;
    this.#inputs = new Map(
      members.map((member) => {
        const { name } = member.declaration;
        const old = before.get(name);
        return [name, old?.line === member.line ? old : begin(member)];
      }),
    );
  }

  list(): readonly PinsInput[] {
    return [...this.#inputs.values()].map(({ declaration, active, atNs }) => ({
      name: declaration.name,
      active,
      atNs,
    }));
  }

  hear(name: string, edge: InputEdge): void {
    const input = this.#inputs.get(name);
    if (input === undefined) return;
    // After a gap the edge may be older than the level: what the line says now is the newest there is.
    const isLost = edge.seq !== input.seq + 1;
    input.active = (isLost ? input.line.isActive() : undefined) ?? edge.active;
    input.atNs = edge.atNs;
    input.seq = edge.seq;
    this.#tell(input, true);
  }

  /** Tells the levels that had to wait. */
  tick(): void {
    for (const input of this.#inputs.values()) this.#tell(input, false);
  }

  /** When `tick` has work; undefined for never. */
  dueNs(): bigint | undefined {
    let due: bigint | undefined;
    for (const { active, told, rate } of this.#inputs.values()) {
      if (active !== told) due = earlier(due, rate.nextNs());
    }
    return due;
  }

  takeEvents(): readonly PinsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** `isNew`: an edge came just now; a level that only waits does not count as babble. */
  #tell(input: Input, isNew: boolean): void {
    const { active, told, atNs, seq, rate } = input;
    const { name } = input.declaration;
    const now = nowNs();
    if (active === undefined || active === told || (!isNew && now < rate.nextNs())) return;
    const allowed = rate.ask(now);
    if (allowed === 'babbling') this.#events.push({ type: 'fault', name, atNs, reason: 'babbling' });
    if (allowed !== 'allowed') return;
    input.told = active;
    this.#events.push({ type: 'input', input: name, active, atNs, seq });
  }
}

function begin(member: InputMember): Input {
  const active = member.line.isActive();
  return { ...member, rate: new Rate(), active, atNs: nowNs(), seq: 0, told: active };
}
