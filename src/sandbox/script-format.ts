import { createHash } from 'node:crypto';
import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { SCRIPTED_STEPS_MAX } from '../base/limits.ts';
import type { ClockQuality } from '../base/ports.ts';
import { firstError, schemaCompiler } from './ajv.ts';
import type { ApplyCall } from './contract.ts';
import type { Manifest } from './manifest.ts';
import { parseStrictJson } from './strict-json.ts';

/** The form of a scripted test; `PROTOCOL.md` describes it. */
export interface Script {
  readonly name: string;
  /** State before the first step: dapp, key, value. */
  readonly given?: Readonly<Record<string, JsonObject>>;
  readonly steps: readonly (ApplyStep | QueryStep)[];
  /** Values of the dapp's own keys after the last step; null where there must be none. Others are not looked at. */
  readonly state?: JsonObject;
}

export interface ApplyStep {
  readonly apply: {
    readonly kind: string;
    readonly body: Json;
    readonly re?: { readonly block: string; readonly index: number } | null;
    readonly author?: { readonly key?: string; readonly principal?: string | null; readonly node?: string | null };
    readonly roles?: readonly string[];
    readonly at?: { readonly ms: number; readonly quality: ClockQuality };
  };
  readonly expect: { readonly ok: true } | { readonly ok: false; readonly code: string };
}

export interface QueryStep {
  readonly query: { readonly name: string; readonly params: JsonObject };
  readonly expect: Json;
}

function object(required: readonly string[], properties: object): object {
  return { type: 'object', additionalProperties: false, required, properties };
}

const TEXT = { type: 'string' };
const TEXT_OR_NULL = { type: ['string', 'null'] };
const APPLY = object(['kind', 'body'], {
  kind: TEXT,
  body: {},
  re: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { block: TEXT, index: { type: 'integer' } },
  },
  author: object([], { key: TEXT, principal: TEXT_OR_NULL, node: TEXT_OR_NULL }),
  roles: { type: 'array', items: TEXT },
  at: object(['ms', 'quality'], {
    ms: { type: 'integer', minimum: 0 },
    quality: { enum: ['synced', 'peer', 'restored', 'unknown'] },
  }),
});
const OUTCOME = {
  anyOf: [object(['ok'], { ok: { const: true } }), object(['ok', 'code'], { ok: { const: false }, code: TEXT })],
};
const SCRIPT_SCHEMA = object(['name', 'steps'], {
  name: { type: 'string', minLength: 1 },
  given: { type: 'object', additionalProperties: { type: 'object' } },
  steps: {
    type: 'array',
    minItems: 1,
    maxItems: SCRIPTED_STEPS_MAX,
    items: {
      anyOf: [
        object(['apply', 'expect'], { apply: APPLY, expect: OUTCOME }),
        object(['query', 'expect'], {
          query: object(['name', 'params'], { name: TEXT, params: { type: 'object' } }),
          expect: {},
        }),
      ],
    },
  },
  state: { type: 'object' },
});

/** @throws json_refused, script_invalid (path, reason) */
export function parseScript(text: string): Script {
  const json = parseStrictJson(text);
  const isScript = schemaCompiler()(SCRIPT_SCHEMA);
  if (isScript(json)) return json as unknown as Script;
  const { path, reason } = firstError(isScript.errors);
  throw new CodedError('script_invalid', `not a scripted test at ${path || '/'}: ${reason}`, {
    fields: { path, reason },
  });
}

/** The call of a step; what the step leaves out is filled in, the same in every run. */
export function scriptedCall(manifest: Manifest, file: string, index: number, step: ApplyStep): ApplyCall {
  const { kind, body, re = null, author = {}, roles = [], at = { ms: 0, quality: 'synced' } } = step.apply;
  return {
    entry: { dapp: manifest.name, ver: manifest.version, kind, re, body, block: `step-${index}`, index: 0 },
    author: { key: author.key ?? '00'.repeat(32), principal: author.principal ?? null, node: author.node ?? null },
    roles,
    at,
    seed: createHash('sha256').update(`${file}\0${index}`).digest('hex'),
  };
}
