import { isJsonObject, type Json, type JsonObject } from '../../../src/base/json.ts';
import { checkApplyAnswer } from '../../../src/sandbox/apply-answer.ts';
import type { Manifest } from '../../../src/sandbox/manifest.ts';
import { MemoryState } from '../../../src/sandbox/memory-state.ts';
import { fillTemplate, parseReadTemplate } from '../../../src/sandbox/read-templates.ts';
import { answerRead, answerScan } from '../../../src/sandbox/state-calls.ts';
import { INPUTS, OUTPUTS, READERS } from './door-bodies.ts';
import { answerLine, callLine, type Engine } from './engine.ts';
import type { History, Step } from './history.ts';

/** What one engine made of one step. */
export interface Told {
  readonly label: string;
  /** The line that answered, byte for byte. */
  readonly answer: string;
  /** What was read for it, sorted: two reads that wait side by side may leave in either order. */
  readonly asked: readonly string[];
  /** `ok`, the code of the refusal, or `denied` and the code of the denial. */
  readonly code: string;
}

export interface Played {
  readonly told: readonly Told[];
  /** The state of both dapps in the end, as JSON. */
  readonly state: string;
}

export interface Program {
  readonly manifest: Manifest;
  readonly engine: Engine;
}

/** Plays a history as a node would: each answer's writes are the state that the next step reads. */
export async function playHistory(programs: ReadonlyMap<string, Program>, history: History): Promise<Played> {
  const state = stateBefore(history);
  const told: Told[] = [];
  for (const [id, step] of history.steps.entries()) {
    const program = programs.get(step.dapp);
    if (program === undefined) throw new Error(`no dapp ${step.dapp}`);
    told.push(await playStep(program, state, id, step));
  }
  const dapps = [...programs.keys()].map((dapp) => [dapp, state.scan(dapp, '', null, Number.MAX_SAFE_INTEGER).rows]);
  return { told, state: JSON.stringify(dapps) };
}

async function playStep({ manifest, engine }: Program, state: MemoryState, id: number, step: Step): Promise<Told> {
  const asked: string[] = [];
  const params =
    step.method === 'apply' ? { ...step.params, reads: readAhead(manifest, state, step.params) } : step.params;
  const answer = await engine.ask(callLine(id, step.method, params), (request) => {
    const { id: readId = null, method, params = {} } = request;
    if (!isJsonObject(params)) throw new Error('params is no object');
    asked.push(JSON.stringify([method ?? null, params]));
    const result = method === 'read' ? answerRead(manifest, state, params) : answerScan(manifest, state, params);
    return answerLine(readId, result);
  });
  const code = takeAnswer(manifest.name, state, step, JSON.parse(answer) as JsonObject);
  return { label: step.label, answer, asked: asked.sort(), code };
}

/** Writes what an accepted entry writes. @throws Error when the answer is none that a node would take. */
function takeAnswer(dapp: string, state: MemoryState, step: Step, message: JsonObject): string {
  if (isJsonObject(message.error)) {
    const data = isJsonObject(message.error.data) ? message.error.data : {};
    if (step.method === 'apply' || data.code === 'internal_error') {
      throw new Error(
        `${step.label} broke the program: ${JSON.stringify(message.error)} ${JSON.stringify(step.params)}`,
      );
    }
    return String(data.code);
  }
  if (step.method === 'query') {
    const { granted, code } = isJsonObject(message.result) ? message.result : {};
    return granted === false ? `denied ${code}` : 'ok';
  }
  const outcome = checkApplyAnswer(message.result ?? null);
  if (!outcome.ok) return outcome.code;
  state.write(dapp, outcome.writes);
  return 'ok';
}

/** As the node sends them along: the keys that the manifest's templates name. */
function readAhead({ name, reads, entries }: Manifest, state: MemoryState, params: JsonObject): JsonObject {
  const { entry, author } = params as { entry: { kind: string; body: Json }; author: JsonObject };
  const found = (entries[entry.kind]?.reads ?? []).flatMap((template) => {
    const key = fillTemplate(parseReadTemplate(template, [name, ...reads]), {
      body: entry.body,
      author: { key: String(author.key), principal: null, node: String(author.node) },
    });
    return key === undefined ? [] : [[`${key.dapp}:${key.key}`, state.read(key.dapp, key.key)]];
  });
  return Object.fromEntries(found);
}

function stateBefore({ restoredMs }: History): MemoryState {
  const state = new MemoryState();
  const devices = (names: readonly string[], role: string): { key: string; value: Json }[] =>
    names.map((name, i) => {
      const node = i === names.length - 1 ? 'node-b' : 'node-a';
      return { key: `device/${name}`, value: { node, role } };
    });
  const restored = restoredMs === null ? [] : [{ key: 'restored/node-a', value: { asOfMs: restoredMs } }];
  state.write('mesh', [
    ...devices(READERS, 'reader'),
    ...devices(OUTPUTS, 'output'),
    ...devices(INPUTS, 'input'),
    ...restored,
  ]);
  return state;
}
