import { CodedError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { BODY_BYTES_MAX } from '../base/limits.ts';
import { firstError, schemaCompiler } from './ajv.ts';
import type { Manifest } from './manifest.ts';
import { checkStrictJson } from './strict-json.ts';
import { ledgerBytesOf } from './values.ts';

/** Checks of the bodies of one dapp's entries; each is compiled when the first such entry comes. */
export interface EntryCheck {
  /** @throws kind_unknown (dapp, kind); body_invalid (kind, path, reason). */
  check(kind: string, body: Json): void;
}

/** `manifest` has passed `parseManifest`. */
export function compileEntryCheck(manifest: Manifest): EntryCheck {
  const compile = schemaCompiler();
  const kinds = new Map(Object.entries(manifest.entries));
  const checks = new Map<string, ReturnType<typeof compile>>();
  return {
    check(kind, body) {
      const known = kinds.get(kind);
      if (known === undefined) {
        const fields = { dapp: manifest.name, kind };
        throw new CodedError('kind_unknown', `${manifest.name} has no entries of kind ${kind}`, { fields });
      }
      checkStorable(kind, body);
      const isBody = checks.get(kind) ?? compile(known.body);
      checks.set(kind, isBody);
      if (isBody(body)) return;
      const { path, reason } = firstError(isBody.errors);
      throw invalid(kind, path, reason);
    },
  };
}

function checkStorable(kind: string, body: Json): void {
  let bytes: number;
  try {
    checkStrictJson(body);
    bytes = ledgerBytesOf(body);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw invalid(kind, '', error.message);
  }
  if (bytes > BODY_BYTES_MAX) throw invalid(kind, '', `${bytes} bytes where ${BODY_BYTES_MAX} are allowed`);
}

function invalid(kind: string, path: string, reason: string): CodedError {
  return new CodedError('body_invalid', `the body of ${kind} is not valid at ${path || '/'}: ${reason}`, {
    fields: { kind, path, reason },
  });
}
