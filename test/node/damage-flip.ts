import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import { openSpace, type Space } from '../../src/node/space.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { type Answer, type Answers, askEverything, failureOf } from './damage-answers.ts';
import { partsOf } from './made-space.ts';

/** One bit of a ledger's file is changed, and everything is asked of it that a sound one can answer. */

/** A file that makes SQLite or us go round in circles is found out. */
const EXAMINED_MS_MAX = 180_000;
const DETAIL_CHARS_MAX = 400;

/** A closed ledger, and what it answers. */
export interface SoundLedger {
  readonly folder: string;
  readonly keys: readonly (readonly [string, string])[];
  readonly pastMs: readonly number[];
  readonly answers: Answers;
  /** Of every row of every table. */
  readonly content: string;
}

/**
 * Good ends: `refused` (it does not open), `told` (a question ends in an error), `verify` (verify finds it), `unused`
 * (every row of every table is what it was). Bad ones: `wrong` (an answer is another), `unnoticed` (a row is another,
 * and nothing says so), `uncoded` and `no advice` (an error that helps nobody), `hung`.
 */
export interface Verdict {
  readonly end: 'refused' | 'told' | 'verify' | 'unused' | 'wrong' | 'unnoticed' | 'uncoded' | 'no advice' | 'hung';
  /** Codes of the errors, or of verify's findings. */
  readonly codes: readonly string[];
  readonly detail: string;
}

export const BAD_ENDS: readonly Verdict['end'][] = ['wrong', 'unnoticed', 'uncoded', 'no advice', 'hung'];

export async function learnSound(folder: string, pastMs: readonly number[]): Promise<SoundLedger> {
  const content = contentOf(ledgerPath(folder));
  const copy = copyOf(folder);
  const space = await openSpace(partsOf(copy));
  try {
    const keys: [string, string][] = [];
    for (let [dapp, key] = ['', '']; ; ) {
      const page = space.journal.statesAfter(dapp, key, 256);
      for (const row of page) keys.push([row.dapp, row.key]);
      const last = page.at(-1);
      if (last === undefined) break;
      ({ dapp, key } = last);
    }
    return { folder, keys, pastMs, answers: await askEverything(space, copy, keys, pastMs), content };
  } finally {
    await space.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

/** @param change what is done to the copy's file. */
export async function examine(sound: SoundLedger, change: (path: string) => void): Promise<Verdict> {
  const copy = copyOf(sound.folder);
  const path = ledgerPath(copy);
  try {
    change(path);
    const isSame = contentOf(path) === sound.content;
    const { promise: late, resolve } = Promise.withResolvers<Verdict>();
    const timer = setTimeout(() => resolve({ end: 'hung', codes: [], detail: '' }), EXAMINED_MS_MAX);
    const verdict = await Promise.race([examineOpen(sound, copy, isSame), late]);
    clearTimeout(timer);
    return verdict;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Changes one bit of a file. */
export function flipBit(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  writeFileSync(path, bytes);
}

async function examineOpen(sound: SoundLedger, copy: string, isSame: boolean): Promise<Verdict> {
  let space: Space;
  try {
    space = await openSpace(partsOf(copy));
  } catch (error) {
    return judge(sound, new Map([['open', failureOf(error, copy)]]), [], isSame, 'refused');
  }
  try {
    const answers = new Map(await askEverything(space, copy, sound.keys, sound.pastMs));
    const findings = await verified(space, copy, answers);
    const verdict = judge(sound, answers, findings, isSame, 'told');
    return BAD_ENDS.includes(verdict.end) ? verdict : ((await workOn(space, copy)) ?? verdict);
  } finally {
    await space.close().catch(() => undefined);
  }
}

/** What verify finds, by code; one that breaks off is an answer like others. */
async function verified(space: Space, copy: string, answers: Map<string, Answer>): Promise<readonly string[]> {
  try {
    const { findings } = await verifySpace(space, () => {});
    return [...new Set(findings.map(({ code }) => String(code)))];
  } catch (error) {
    answers.set('verify', failureOf(error, copy));
    return [];
  }
}

/** A new denial either counts at once, or whoever gave it is told that it does not. @returns what is bad. */
async function workOn(space: Space, copy: string): Promise<Verdict | null> {
  try {
    await space.command('membership', 'member.suspend', { member: 'm-00000001', reason: 'late' });
  } catch (error) {
    return failureVerdict('suspend', failureOf(error, copy));
  }
  try {
    const found = await space.query('membership', 'member', { member: 'm-00000001' });
    if (JSON.stringify(found).includes('late')) return null;
    return {
      end: 'wrong',
      codes: [],
      detail: `suspended, and then: ${JSON.stringify(found)}`.slice(0, DETAIL_CHARS_MAX),
    };
  } catch (error) {
    return failureVerdict('member', failureOf(error, copy));
  }
}

function failureVerdict(question: string, answer: Exclude<Answer, { readonly text: string }>): Verdict | null {
  const { code, advice, message } = answer;
  const detail = `${question}: ${code}: ${message}`.slice(0, DETAIL_CHARS_MAX);
  if (code.startsWith('uncoded')) return { end: 'uncoded', codes: [code], detail };
  return advice === undefined ? { end: 'no advice', codes: [code], detail } : null;
}

function judge(
  sound: SoundLedger,
  answers: Answers,
  findings: readonly string[],
  isSame: boolean,
  end: 'refused' | 'told',
): Verdict {
  const codes = new Set<string>();
  let bad: Verdict | null = null;
  for (const [question, answer] of answers) {
    if ('text' in answer) {
      const wanted = sound.answers.get(question);
      if (wanted !== undefined && 'text' in wanted && wanted.text === answer.text) continue;
      return { end: 'wrong', codes: [...codes], detail: `${question}: ${difference(wanted, answer.text)}` };
    }
    const wanted = sound.answers.get(question);
    if (wanted !== undefined && 'code' in wanted && wanted.code === answer.code) continue;
    codes.add(answer.code);
    bad ??= failureVerdict(question, answer);
  }
  if (bad !== null) return bad;
  if (codes.size > 0) return { end, codes: [...codes], detail: '' };
  if (findings.length > 0) return { end: 'verify', codes: findings, detail: '' };
  return { end: isSame ? 'unused' : 'unnoticed', codes: [], detail: '' };
}

function difference(wanted: Answer | undefined, text: string): string {
  const before = wanted !== undefined && 'text' in wanted ? wanted.text : JSON.stringify(wanted);
  let at = 0;
  while (at < text.length && text[at] === before?.[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `…${before?.slice(from, at + 120)}… became …${text.slice(from, at + 120)}…`.slice(0, DETAIL_CHARS_MAX);
}

/** Every row of every table with what stands in it, and whether the indexes fit them; empty when it cannot be read. */
function contentOf(ledger: string): string {
  const hash = createHash('sha256');
  // Reading leaves a log and an index of it behind.
  const folder = mkdtempSync(join(tmpdir(), 'bm-content-'));
  const path = join(folder, 'ledger.db');
  cpSync(ledger, path);
  try {
    const database = new DatabaseConstructor(path, { readonly: true });
    try {
      const pragmas = ['application_id', 'user_version', 'integrity_check', 'encoding'];
      for (const name of pragmas) hash.update(JSON.stringify(database.pragma(name)));
      const tables = database
        .prepare<[], { name: string; sql: string | null; type: string }>(
          'SELECT type, name, sql FROM sqlite_schema ORDER BY name',
        )
        .all();
      hash.update(JSON.stringify(tables));
      for (const { name } of tables.filter(({ type }) => type === 'table')) {
        for (const row of database.prepare(`SELECT * FROM "${name}"`).raw().iterate()) hash.update(JSON.stringify(row));
      }
    } finally {
      database.close();
    }
  } catch {
    return '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return hash.digest('hex');
}

function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'bm-damage-'));
  cpSync(folder, copy, { recursive: true });
  return copy;
}
