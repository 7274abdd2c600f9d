import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { SCRIPTED_FILE_BYTES_MAX } from '../base/limits.ts';
import { type Contract, type ContractOptions, startContract } from './contract.ts';
import { compileEntryCheck, type EntryCheck } from './entry-check.ts';
import { readCapped } from './manifest.ts';
import { MemoryState } from './memory-state.ts';
import { type ApplyStep, parseScript, type QueryStep, type Script, scriptedCall } from './script-format.ts';

/** What went wrong, for a person. */
export interface ScriptFailure {
  /** As the manifest names it. */
  readonly file: string;
  /** Index of the step; null where the whole file failed or its final state is wrong. */
  readonly step: number | null;
  readonly reason: string;
}

interface RunResult {
  /** Canonical JSON of each step's result. */
  readonly results: readonly string[];
  readonly failure: ScriptFailure | undefined;
}

/**
 * Runs the manifest's scripted tests, each twice against a fresh program, and compares the two runs byte for byte.
 * Empty when all passed. A file stops at its first failure. `options` are those of the contract under test.
 * @throws contract_missing when there are tests but no contract.
 */
export async function runScriptedTests(options: ContractOptions): Promise<readonly ScriptFailure[]> {
  const failures: ScriptFailure[] = [];
  for (const file of options.manifest.tests) {
    const failure = await runFile(options, file);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

async function runFile(options: ContractOptions, file: string): Promise<ScriptFailure | undefined> {
  let script: Script;
  try {
    script = parseScript(await readInside(options.folder, file));
  } catch (error) {
    return { file, step: null, reason: wordsOf(error) };
  }
  const first = await runScript(options, file, script);
  if (first.failure !== undefined) return first.failure;
  const second = await runScript(options, file, script);
  if (second.failure !== undefined) return second.failure;
  const step = first.results.findIndex((result, index) => result !== second.results[index]);
  if (step < 0) return undefined;
  return { file, step, reason: 'not deterministic: two runs gave different results' };
}

/** A link must not lead out of the dapp's folder. @throws manifest_unreadable, script_outside */
async function readInside(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  const [root, real] = await Promise.all([realpath(folder), realpath(path).catch(() => path)]);
  if (real !== path && !real.startsWith(root + sep)) {
    throw new CodedError('script_outside', `${file} leads out of the folder of the dapp`, { fields: { file } });
  }
  return readCapped(real, SCRIPTED_FILE_BYTES_MAX);
}

async function runScript(options: ContractOptions, file: string, script: Script): Promise<RunResult> {
  const { manifest } = options;
  const results: string[] = [];
  const fail = (step: number | null, reason: string): RunResult => ({ results, failure: { file, step, reason } });
  const state = new MemoryState();
  for (const [dapp, values] of Object.entries(script.given ?? {})) {
    state.write(
      dapp,
      Object.entries(values).map(([key, value]) => ({ key, value })),
    );
  }
  const runner = new StepRunner(options, await startContract(options), state, file);
  try {
    for (const [index, step] of script.steps.entries()) {
      const result = await runner.run(index, step);
      results.push(canonical(result));
      if (!isExpected(step, result)) return fail(index, `expected ${canonical(step.expect)}, got ${canonical(result)}`);
    }
  } catch (error) {
    return fail(results.length, wordsOf(error));
  } finally {
    await runner.stop();
  }
  for (const [key, value] of Object.entries(script.state ?? {})) {
    const found = state.read(manifest.name, key);
    if (!isDeepStrictEqual(found, value)) {
      return fail(null, `state of ${key}: expected ${canonical(value)}, got ${canonical(found)}`);
    }
  }
  return { results, failure: undefined };
}

class StepRunner {
  readonly #options: ContractOptions;
  readonly #contract: Contract;
  readonly #state: MemoryState;
  readonly #file: string;
  readonly #entries: EntryCheck;

  constructor(options: ContractOptions, contract: Contract, state: MemoryState, file: string) {
    this.#options = options;
    this.#contract = contract;
    this.#state = state;
    this.#file = file;
    this.#entries = compileEntryCheck(options.manifest);
  }

  async run(index: number, step: ApplyStep | QueryStep): Promise<Json> {
    if ('query' in step) return this.#contract.query(step.query.name, step.query.params, this.#state);
    const { manifest } = this.#options;
    try {
      this.#entries.check(step.apply.kind, step.apply.body);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
    const outcome = await this.#contract.apply(scriptedCall(manifest, this.#file, index, step), this.#state);
    if (outcome.ok) this.#state.write(manifest.name, outcome.writes);
    return outcome as unknown as JsonObject;
  }

  stop(): Promise<void> {
    return this.#contract.stop();
  }
}

/** An entry's outcome is held against `ok` and `code`, a query's answer against the whole. */
function isExpected(step: ApplyStep | QueryStep, result: Json): boolean {
  if ('query' in step) return isDeepStrictEqual(result, step.expect);
  const { ok, code } = result as JsonObject;
  return ok === step.expect.ok && (step.expect.ok || code === step.expect.code);
}

/** JSON with the members of every object in order, so that equal values have equal bytes. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_name, member: Json) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof CodedError)) throw error;
  return `${error.code}: ${error.message}`;
}
