import type { Call, ContractDefinition } from '../../dapps/sdk/contract.ts';
import { whyNotJson } from '../../dapps/sdk/json.ts';
import { answerQuery, applyEntry } from '../../dapps/sdk/judge.ts';
import type { State } from '../../dapps/sdk/state.ts';
import { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { compileEntryCheck, type EntryCheck } from '../../src/sandbox/entry-check.ts';
import type { Manifest } from '../../src/sandbox/manifest.ts';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import { answerRead, answerScan } from '../../src/sandbox/state-calls.ts';
import { manifestOf } from './harness.ts';

export interface Ref {
  readonly block: string;
  readonly index: number;
}

/** What may be said of an entry; the rest is the same for all. */
export interface Command {
  readonly kind: string;
  readonly body: JsonObject;
  readonly re?: Ref | null;
  readonly at?: { readonly ms: number; readonly quality: string };
  readonly author?: Partial<Call['author']>;
  readonly roles?: readonly string[];
}

export interface Judged {
  readonly ok: boolean;
  readonly code: string | undefined;
  /** The entry itself, as a later one may name it. */
  readonly ref: Ref;
}

/** 2026-01-01T00:00Z, a Thursday. */
export const NEW_YEAR_MS = Date.UTC(2026, 0, 1);

interface Form {
  readonly manifest: Manifest;
  readonly entries: EntryCheck;
}

const FORMS = new Map<string, Form>();

/** The manifest of a dapp and the check of its entries, compiled once: that takes longer than most tests. */
export function formOf(dapp: string): Form {
  let form = FORMS.get(dapp);
  if (form === undefined) {
    const manifest = manifestOf(dapp);
    form = { manifest, entries: compileEntryCheck(manifest) };
    FORMS.set(dapp, form);
  }
  return form;
}

/**
 * The rules of a dapp asked in this very process, for histories by the thousand: schema, judge and state are the
 * node's and the SDK's own, only the pipe between them is left out.
 */
export class RulesUnderTest {
  readonly manifest: Manifest;
  state = new MemoryState();
  readonly #definition: ContractDefinition;
  readonly #entries: EntryCheck;
  #blocks = 0;

  constructor(definition: ContractDefinition) {
    this.#definition = definition;
    const { manifest, entries } = formOf(definition.name);
    this.manifest = manifest;
    this.#entries = entries;
  }

  /** Empty again but for `given`: dapp, key, value. */
  reset(given: Readonly<Record<string, JsonObject>> = {}): void {
    this.#blocks = 0;
    this.state = new MemoryState();
    for (const [dapp, rows] of Object.entries(given)) {
      const writes = Object.entries(rows).map(([key, value]) => ({ key, value }));
      this.state.write(dapp, writes);
    }
  }

  /** As the node does it: the schema first, then the contract, then its writes. */
  async apply(command: Command): Promise<Judged> {
    const ref = { block: `block-${this.#blocks++}`, index: 0 };
    const { kind, body, re = null, at = { ms: NEW_YEAR_MS, quality: 'synced' }, roles = ['admin'] } = command;
    try {
      this.#entries.check(kind, body);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { ok: false, code: error.code, ref };
    }
    const { name, version } = this.#definition;
    const entry = { dapp: name, ver: version, kind, re: re === null ? null : { ...re }, body, ...ref };
    const author = { key: '00'.repeat(32), principal: 'p-admin', node: null, ...command.author };
    const params = { entry, author, roles, at, seed: '11'.repeat(32) };
    const answer = (await applyEntry(this.#definition, params, this.reader())) as unknown as Answer;
    const reason = whyNotJson(answer);
    if (reason !== null) throw new Error(`${kind} answers what cannot travel: ${reason}`);
    if (!answer.ok) return { ok: false, code: answer.code, ref };
    const keys = answer.writes.map(({ key }) => key);
    if (new Set(keys).size < keys.length) throw new Error(`${kind} writes a key twice: ${keys.join(' ')}`);
    this.state.write(name, answer.writes);
    return { ok: true, code: undefined, ref };
  }

  query(name: string, params: JsonObject): Promise<Json> {
    return answerQuery(this.#definition, { name, params }, this.reader());
  }

  /** The dapp's own state under `prefix`, key by key. */
  rows(prefix = ''): readonly { readonly key: string; readonly value: Json }[] {
    return this.state.scan(this.manifest.name, prefix, null, Number.MAX_SAFE_INTEGER).rows;
  }

  read(key: string): Json {
    return this.state.read(this.manifest.name, key);
  }

  /** The state as the rules see it. */
  reader(): State {
    const { manifest, state } = this;
    return {
      read: async (key, dapp) => {
        const { value } = answerRead(manifest, state, dapp === undefined ? { key } : { dapp, key }) as { value: Json };
        return value;
      },
      scan: async (prefix, options = {}) =>
        answerScan(manifest, state, { prefix, ...options }) as unknown as Awaited<ReturnType<State['scan']>>,
    };
  }
}

type Answer =
  | { readonly ok: true; readonly writes: readonly { readonly key: string; readonly value: Json }[] }
  | { readonly ok: false; readonly code: string };
