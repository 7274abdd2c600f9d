import type { Call, ContractDefinition } from './contract.ts';
import { Fault } from './fault.ts';
import { integer, list, object, text, textOrNull } from './fields.ts';
import type { Json, JsonObject } from './json.ts';
import { moment } from './moment.ts';
import type { State } from './state.ts';

/**
 * The two questions of the protocol put to a contract, whoever asks them: the line (`serve-contract.ts`), another
 * engine, or a test in its own process. Nothing here knows of pipes.
 */

/**
 * The answer to `apply`: `params` as PROTOCOL.md has them, `reads` left out, for those are part of `state`.
 * @throws Fault bad_field when `params` has another form; whatever a handler throws that is no Fault.
 */
export async function applyEntry(definition: ContractDefinition, params: JsonObject, state: State): Promise<Json> {
  const call = parseCall(params);
  const handler = Object.hasOwn(definition.kinds, call.kind) ? definition.kinds[call.kind] : undefined;
  try {
    if (handler === undefined) throw new Fault('unknown_kind', `${definition.name} has no kind ${call.kind}`);
    const { writes, events } = await handler(call, state);
    const plain = (events ?? []).map(({ topic, payload }) => ({ topic, payload }));
    // biome-ignore lint/suspicious/noThenProperty: the protocol's word; a list is never taken for a promise
    return { ok: true, writes: writes.map(({ key, value }) => ({ key, value })), events: plain, then: [] };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
}

/** The answer to `query {name, params?}`. @throws Fault unknown_query, bad_field, and what the query refuses with. */
export async function answerQuery(definition: ContractDefinition, params: JsonObject, state: State): Promise<Json> {
  const asked = text(params, 'name');
  const queries = definition.queries ?? {};
  const query = Object.hasOwn(queries, asked) ? queries[asked] : undefined;
  if (query === undefined) throw new Fault('unknown_query', `${definition.name} has no query ${asked}`);
  return query(params.params === undefined ? {} : object(params, 'params'), state);
}

function parseCall(params: JsonObject): Call {
  const entry = object(params, 'entry');
  const author = object(params, 'author');
  return {
    kind: text(entry, 'kind'),
    ver: text(entry, 'ver'),
    body: object(entry, 'body'),
    re: entry.re ?? null,
    block: text(entry, 'block'),
    index: integer(entry, 'index', 0, Number.MAX_SAFE_INTEGER),
    author: { key: text(author, 'key'), principal: textOrNull(author, 'principal'), node: textOrNull(author, 'node') },
    roles: list(params, 'roles').map(String),
    at: moment(object(params, 'at')),
    seed: text(params, 'seed'),
  };
}
