import type { WiegandDeclaration } from './declarations.ts';
import type { PinsEvent } from './events.ts';
import type { ClaimedLine, WiegandEdge } from './lines.ts';
import { earlier, NS_PER_MS, nowNs } from './monotonic.ts';
import { Rate } from './rate.ts';
import { type Framed, hexOf, WiegandFraming } from './wiegand.ts';

/** A reader and the lines it was claimed with. */
export interface WiegandMember {
  readonly declaration: WiegandDeclaration;
  readonly line: ClaimedLine;
}

interface Reader extends WiegandMember {
  readonly framing: WiegandFraming;
  readonly rate: Rate;
  seq: number;
  /** The newest number of each line, D0 first. */
  readonly lineSeqs: [number, number];
}

/** The Wiegand readers of a board: frames and faults out of edges, never more than their rate. */
export class WiegandReaders {
  #readers = new Map<string, Reader>();
  #events: PinsEvent[] = [];

  /** Makes these the readers; one with the lines it had goes on, every other begins anew. */
  replace(members: readonly WiegandMember[]): void {
    const before = this.#readers;
    this.#readers = new Map(
      members.map((member) => {
        const { name } = member.declaration;
        const old = before.get(name);
        return [name, old?.line === member.line ? old : begin(member)];
      }),
    );
  }

  hear(name: string, { one, atNs, seq, lineSeq }: WiegandEdge): void {
    const reader = this.#readers.get(name);
    if (reader === undefined) return;
    const line = one ? 1 : 0;
    const isLost = seq !== reader.seq + 1 || lineSeq !== reader.lineSeqs[line] + 1;
    reader.seq = seq;
    reader.lineSeqs[line] = lineSeq;
    this.#tell(reader, reader.framing.edge(one, atNs, isLost));
  }

  /** Ends the frames whose gap is over. */
  tick(): void {
    const now = nowNs();
    for (const reader of this.#readers.values()) this.#tell(reader, reader.framing.tick(now));
  }

  /** When `tick` has work; undefined for never. */
  dueNs(): bigint | undefined {
    let due: bigint | undefined;
    for (const { framing } of this.#readers.values()) due = earlier(due, framing.dueNs());
    return due;
  }

  takeEvents(): readonly PinsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #tell({ declaration: { name }, rate }: Reader, framed: Framed | undefined): void {
    if (framed === undefined) return;
    const { atNs } = framed;
    const allowed = rate.ask(nowNs());
    if (allowed === 'babbling') this.#events.push({ type: 'fault', name, atNs, reason: 'babbling' });
    if (allowed !== 'allowed') return;
    if (framed.type === 'fault') this.#events.push({ type: 'fault', name, atNs, reason: framed.reason });
    else {
      const { bits } = framed;
      this.#events.push({ type: 'wiegand', reader: name, atNs, bits: bits.length, hex: hexOf(bits) });
    }
  }
}

function begin(member: WiegandMember): Reader {
  const framing = new WiegandFraming(BigInt(member.declaration.gapMs) * NS_PER_MS);
  return { ...member, framing, rate: new Rate(), seq: 0, lineSeqs: [0, 0] };
}
