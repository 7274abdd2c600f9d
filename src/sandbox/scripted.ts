import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { SCRIPTED_FILE_BYTES_MAX } from '../base/limits.ts';
import { type Contract, type ContractOptions, startContract } from './contract.ts';
import { compileEntryCheck, type EntryCheck } from './entry-check.ts';
import { type Manifest, readCapped } from './manifest.ts';
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

/** A script that can be read; `results` are the canonical JSON of each step's result in its first run. */
interface Played {
  readonly file: string;
  readonly script: Script;
  readonly results: readonly string[];
}

/**
 * Runs the manifest's scripted tests twice and compares the results byte for byte: all of them against one fresh
 * program, and then, the last one first, against another; so what a program keeps from one history to the next shows
 * too. Empty when all passed. A file stops at its first failure. `options` are those of the contract under test.
 * @throws contract_missing when there are tests but no contract; dapp_start_failed.
 */
export async function runScriptedTests(options: ContractOptions): Promise<readonly ScriptFailure[]> {
  const files = options.manifest.tests;
  if (files.length === 0) return [];
  const entries = compileEntryCheck(options.manifest);
  const failures = new Map<string, ScriptFailure>();
  const played: Played[] = [];
  await withProgram(options, entries, async (runner) => {
    for (const file of files) {
      try {
        const script = parseScript(await readInside(options.folder, file));
        played.push({ file, script, results: await playScript(runner, file, script) });
      } catch (error) {
        failures.set(file, failureOf(file, error));
      }
    }
  });
  await withProgram(options, entries, async (runner) => {
    for (const { file, script, results } of played.toReversed()) {
      try {
        compareRuns(results, await playScript(runner, file, script));
      } catch (error) {
        failures.set(file, failureOf(file, error));
      }
    }
  });
  return files.flatMap((file) => failures.get(file) ?? []);
}

async function withProgram(
  options: ContractOptions,
  entries: EntryCheck,
  task: (runner: StepRunner) => Promise<void>,
): Promise<void> {
  const contract = await startContract(options);
  try {
    await task(new StepRunner(options, contract, entries));
  } finally {
    await contract.stop();
  }
}

function compareRuns(first: readonly string[], second: readonly string[]): void {
  const step = first.findIndex((result, index) => result !== second[index]);
  if (step >= 0) throw new StepFailure(step, 'not deterministic: two runs gave different results');
}

/** Ends the run of a file. */
class StepFailure extends Error {
  readonly step: number | null;

  constructor(step: number | null, reason: string) {
    super(reason);
    this.step = step;
  }
}

function failureOf(file: string, error: unknown): ScriptFailure {
  if (error instanceof StepFailure) return { file, step: error.step, reason: error.message };
  return { file, step: null, reason: wordsOf(error) };
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

/** @returns the canonical JSON of each step's result. @throws StepFailure. */
async function playScript(runner: StepRunner, file: string, script: Script): Promise<readonly string[]> {
  const results: string[] = [];
  const state = new MemoryState();
  for (const [dapp, values] of Object.entries(script.given ?? {})) {
    state.write(
      dapp,
      Object.entries(values).map(([key, value]) => ({ key, value })),
    );
  }
  for (const [index, step] of script.steps.entries()) {
    const result = await runner.run({ file, index }, step, state).catch((error: unknown) => {
      throw new StepFailure(index, wordsOf(error));
    });
    results.push(canonical(result));
    if (isExpected(step, result)) continue;
    throw new StepFailure(index, `expected ${canonical(step.expect)}, got ${canonical(result)}`);
  }
  for (const [key, value] of Object.entries(script.state ?? {})) {
    const found = state.read(runner.dapp, key);
    if (isDeepStrictEqual(found, value)) continue;
    throw new StepFailure(null, `state of ${key}: expected ${canonical(value)}, got ${canonical(found)}`);
  }
  return results;
}

class StepRunner {
  readonly dapp: string;
  readonly #manifest: Manifest;
  readonly #contract: Contract;
  readonly #entries: EntryCheck;

  constructor({ manifest }: ContractOptions, contract: Contract, entries: EntryCheck) {
    this.dapp = manifest.name;
    this.#manifest = manifest;
    this.#contract = contract;
    this.#entries = entries;
  }

  async run(
    { file, index }: { readonly file: string; readonly index: number },
    step: ApplyStep | QueryStep,
    state: MemoryState,
  ): Promise<Json> {
    if ('query' in step) return this.#contract.query(step.query.name, step.query.params, state);
    try {
      this.#entries.check(step.apply.kind, step.apply.body);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
    const outcome = await this.#contract.apply(scriptedCall(this.#manifest, file, index, step), state);
    if (outcome.ok) state.write(this.dapp, outcome.writes);
    return outcome as unknown as JsonObject;
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
