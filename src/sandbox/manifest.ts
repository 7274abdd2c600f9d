import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, messageOf } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { MANIFEST_BYTES_MAX } from '../base/limits.ts';
import { firstError, type SchemaCompiler, schemaCompiler } from './ajv.ts';
import { checkBodySchema } from './body-schema.ts';
import { MANIFEST_SCHEMA } from './manifest-schema.ts';
import { parseReadTemplate } from './read-templates.ts';
import { parseStrictJson } from './strict-json.ts';
import { isTopicFilter } from './topics.ts';

export interface EntryKind {
  /** JSON Schema of the body, in the subset of `body-schema.ts`. */
  readonly body: JsonObject;
  readonly type: 'fact' | 'command';
  readonly effect?: 'deny' | 'lift';
  /** Who may write it; empty: everybody with a voice in the ledger. */
  readonly roles: readonly string[];
  /** Templates of `read-templates.ts`. */
  readonly reads?: readonly string[];
}

/** What `dapp.json` says. */
export interface Manifest {
  readonly name: string;
  /** Semantic version, without labels. */
  readonly version: string;
  readonly abi: 1;
  readonly title: string;
  readonly summary: string;
  /** Commands, started in the dapp's folder. */
  readonly contract?: readonly string[];
  readonly agent?: readonly string[];
  readonly entries: Readonly<Record<string, EntryKind>>;
  /** Other dapps whose state it sees. */
  readonly reads: readonly string[];
  readonly permissions: {
    /** MQTT topic filters. */
    readonly hear: readonly string[];
    readonly say: readonly string[];
    /** Names of outputs; `*` is all of them. */
    readonly outputs: readonly string[];
    readonly blobs?: boolean;
    readonly page?: boolean;
  };
  readonly limits: {
    readonly memoryMib?: number;
    readonly stateBytes?: number;
    readonly processes?: number;
    readonly cpuPercent?: number;
  };
  /** Scripted tests, relative to the folder. */
  readonly tests: readonly string[];
}

/**
 * Reads and checks `dapp.json` of `folder`.
 * @throws manifest_unreadable, and what `parseManifest` throws.
 */
export async function loadManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'dapp.json');
  return parseManifest(await readCapped(path, MANIFEST_BYTES_MAX));
}

/** The text of a file. @throws manifest_unreadable (path; over `bytesMax`, not there, not UTF-8). */
export async function readCapped(path: string, bytesMax: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(bytesMax + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      ({ bytesRead: read } = await file.read(buffer, length));
    }
    if (length > bytesMax) throw new RangeError(`longer than ${bytesMax} bytes`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, length));
  } catch (cause) {
    const message = `${path} cannot be read: ${messageOf(cause)}`;
    throw new CodedError('manifest_unreadable', message, { fields: { path }, cause });
  }
}

/**
 * @throws json_refused; manifest_unknown_field (path, field); manifest_invalid (path, reason); schema_keyword_refused,
 * schema_invalid, template_invalid.
 */
export function parseManifest(text: string): Manifest {
  const json = parseStrictJson(text);
  const compile = schemaCompiler();
  checkForm(json, compile);
  const manifest = json as unknown as Manifest;
  if (manifest.contract === undefined && manifest.agent === undefined) {
    throw invalid('', 'neither contract nor agent');
  }
  if (manifest.contract === undefined && Object.keys(manifest.entries).length > 0) {
    throw invalid('/entries', 'entries without a contract to judge them');
  }
  if (manifest.reads.includes(manifest.name)) throw invalid('/reads', 'a dapp reads itself anyway');
  for (const [kind, entry] of Object.entries(manifest.entries)) checkKind(manifest, kind, entry, compile);
  for (const list of ['hear', 'say'] as const) {
    for (const filter of manifest.permissions[list]) {
      if (!isTopicFilter(filter)) throw invalid(`/permissions/${list}`, `bad topic filter ${filter}`);
    }
  }
  for (const path of manifest.tests) {
    const parts = path.split('/');
    if (path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw invalid('/tests', `not a plain relative path: ${path}`);
    }
  }
  return manifest;
}

function checkForm(json: Json, compile: SchemaCompiler): void {
  if (!isJsonObject(json)) throw invalid('', 'not an object');
  const isManifest = compile(MANIFEST_SCHEMA);
  if (isManifest(json)) return;
  const unknown = isManifest.errors?.find((error) => error.keyword === 'additionalProperties');
  if (unknown !== undefined) {
    const field = String(unknown.params.additionalProperty);
    const path = unknown.instancePath;
    throw new CodedError('manifest_unknown_field', `unknown field ${field} in ${path || 'the manifest'}`, {
      fields: { path, field },
    });
  }
  const { path, reason } = firstError(isManifest.errors);
  throw invalid(path, reason);
}

function checkKind(manifest: Manifest, kind: string, entry: EntryKind, compile: SchemaCompiler): void {
  const path = `/entries/${kind}`;
  if (entry.effect !== undefined && entry.type !== 'command') throw invalid(path, 'only a command has an effect');
  checkBodySchema(kind, entry.body);
  try {
    compile(entry.body);
  } catch (cause) {
    throw new CodedError('schema_invalid', `the schema of the body of ${kind} does not compile: ${messageOf(cause)}`, {
      fields: { kind, path: '', reason: messageOf(cause) },
      cause,
    });
  }
  for (const template of entry.reads ?? []) parseReadTemplate(template, [manifest.name, ...manifest.reads]);
}

function invalid(path: string, reason: string): CodedError {
  return new CodedError('manifest_invalid', `the manifest is not valid at ${path || '/'}: ${reason}`, {
    fields: { path, reason },
  });
}
