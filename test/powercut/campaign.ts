import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../node/seeded.ts';
import { IMAGE, type Life, live } from './life.ts';
import { makeSpaceDisk } from './machine.ts';
import { anyMoment, type Moment, momentText } from './moment.ts';
import type { Machine, Sync } from './power.ts';

/** Cuts the power of one machine again and again, on a disk that is kept from cut to cut. */

export interface CampaignOptions {
  readonly machine: Machine;
  readonly sync: Sync;
  readonly seed: number;
  /** Where the disk is kept, with what was acknowledged on it. */
  readonly folder: string;
  readonly keep: (line: CutLine | CheckLine) => void;
}

/** A power cut. */
export interface CutLine {
  readonly cut: number;
  readonly moment: string;
  readonly fate: string;
  /** Writes that no flush had covered, and what became of their sectors. */
  readonly held: number;
  readonly keptSectors: number;
  readonly lostSectors: number;
  readonly tornBlocks: number;
  /** Appends acknowledged in the life that it ended. */
  readonly acknowledged: number;
  readonly ms: number;
}

export type Verdict = 'clean' | 'lost' | 'unclean' | 'broken';

/** What the next start found. */
export interface CheckLine {
  /** The newest cut that it looked back on. */
  readonly check: number;
  readonly verdict: Verdict;
  readonly blocks: number;
  readonly entries: number;
  /** Appends acknowledged on this disk, ever. */
  readonly acknowledged: number;
  /** How many of them are not in the ledger. */
  readonly missing: number;
  /** Why the verdict is what it is. */
  readonly why: readonly string[];
}

const WHY_MAX = 8;
/** A machine that starts is cut again before it verifies, at most so often in a row. */
const BLIND_CUTS_MAX = 3;
/** Lives in a row that did not get as far as a cut. */
const FAILURES_MAX = 3;

export class Campaign {
  readonly #options: CampaignOptions;
  readonly #acknowledged: Set<string>;
  #cuts: number;
  #blind = 0;
  #failures = 0;

  private constructor(options: CampaignOptions, acknowledged: Set<string>, cuts: number) {
    this.#options = options;
    this.#acknowledged = acknowledged;
    this.#cuts = cuts;
  }

  /** @param cuts how many there were before, in an earlier run. */
  static async resume(options: CampaignOptions, cuts: number): Promise<Campaign> {
    const path = listPath(options.folder);
    if (!existsSync(path)) await renew(options);
    const acknowledged = readFileSync(path, 'utf8').split('\n').slice(1, -1);
    return new Campaign(options, new Set(acknowledged), cuts);
  }

  /** Whether the disk in `folder` is of this machine; another release starts on a disk of its own. */
  static isOf(machine: Machine, folder: string): boolean {
    return existsSync(listPath(folder)) && readFileSync(listPath(folder), 'utf8').startsWith(`${machine.tree}\n`);
  }

  get cuts(): number {
    return this.#cuts;
  }

  /** One life that ends in a power cut. @returns what its start made of the cuts before, null when it never said. */
  async cut(): Promise<Verdict | null> {
    const random = seeded(this.#options.seed + Math.imul(this.#cuts + 1, 0x9e3779b1));
    let moment = anyMoment(random);
    this.#blind = moment.since === 'power' ? this.#blind + 1 : 0;
    if (this.#blind > BLIND_CUTS_MAX) moment = { since: 'work', writes: 1 };
    const life = await live(this.#options, moment, random);
    const verdict = await this.#judge(life);
    this.#failures = life.failure === null ? 0 : this.#failures + 1;
    if (this.#failures > FAILURES_MAX) throw new Error(`the machine does not live: ${life.failure}`);
    if (life.failure !== null) return verdict;
    this.#cuts += 1;
    const { held, fate, keptSectors, lostSectors, tornBlocks } = life.cut;
    const disk = { fate, held, keptSectors, lostSectors, tornBlocks };
    const { keep } = this.#options;
    keep({ cut: this.#cuts, moment: momentText(moment), ...disk, acknowledged: life.acknowledged.length, ms: life.ms });
    return verdict;
  }

  /** Looks at what the last cut has left. */
  async check(): Promise<Verdict> {
    const moment: Moment = { since: 'verified' };
    return (await this.#judge(await live(this.#options, moment, seeded(this.#options.seed)))) ?? 'broken';
  }

  async #judge({ found, failure, acknowledged }: Life): Promise<Verdict | null> {
    const { keep, sync, folder } = this.#options;
    const missing = found === null ? [] : [...this.#acknowledged].filter((id) => !found.held.has(id));
    const known = this.#acknowledged.size;
    for (const id of acknowledged) this.#acknowledged.add(id);
    appendFileSync(listPath(folder), acknowledged.map((id) => `${id}\n`).join(''));
    if (found === null && failure === null) return null;
    const why = [
      ...missing.map((id) => `lost ${id}`),
      ...(found?.findings ?? []),
      ...(failure === null ? [] : [failure]),
    ];
    const verdict = verdictOf(missing.length, found?.findings.length ?? 0, failure);
    const { blocks = 0, entries = 0 } = found ?? {};
    const count = { blocks, entries, acknowledged: known, missing: missing.length };
    keep({ check: this.#cuts, verdict, ...count, why: why.slice(0, WHY_MAX) });
    // What is told once is not told again; of a release, the evidence is kept.
    if (verdict !== 'clean' && sync !== 'full') await this.#startAnew();
    return verdict;
  }

  async #startAnew(): Promise<void> {
    this.#acknowledged.clear();
    await renew(this.#options);
  }
}

function verdictOf(missing: number, findings: number, failure: string | null): Verdict {
  if (missing > 0) return 'lost';
  if (failure !== null) return 'broken';
  return findings > 0 ? 'unclean' : 'clean';
}

function listPath(folder: string): string {
  return join(folder, 'acknowledged.txt');
}

/** A new disk, on which nothing has been acknowledged yet. */
async function renew({ folder, machine }: CampaignOptions): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await makeSpaceDisk(join(folder, IMAGE));
  writeFileSync(listPath(folder), `${machine.tree}\n`);
}
