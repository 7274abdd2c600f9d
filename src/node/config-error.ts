import type { ErrorObject } from 'ajv';
import { CodedError } from '../base/errors.ts';
import { DEVICE_NAME } from './schema-parts.ts';
import type { TomlText } from './toml.ts';

/** What a schema has against a file of TOML, as people read it: config_unknown_key or config_invalid, with the line. */
export function configError(error: ErrorObject | undefined, toml: Pick<TomlText, 'lineOf'>, path: string): CodedError {
  const at = (error?.instancePath ?? '').split('/').slice(1);
  const unknown = error?.params.additionalProperty as string | undefined;
  const badName = error?.propertyName;
  const extra = unknown ?? badName;
  const key = [...at, ...(extra === undefined ? [] : [extra])];
  const line = toml.lineOf(key);
  const fields = { path, key: key.join('.'), line };
  const where = `${path} line ${line}: ${key.join('.') || 'the file'}`;
  if (unknown !== undefined) {
    return new CodedError('config_unknown_key', `${where} is not a known key`, {
      fields,
      advice: 'Remove it, or compare its spelling with the commented example.',
    });
  }
  const message = badName === undefined ? (error?.message ?? 'is invalid') : `must match ${DEVICE_NAME}`;
  return new CodedError('config_invalid', `${where} ${message}${choices(error)}`, {
    fields,
    advice: 'Compare that line with the commented example.',
  });
}

function choices(error: ErrorObject | undefined): string {
  const allowed = error?.params.allowedValues as readonly string[] | undefined;
  return allowed === undefined ? '' : `: ${allowed.join(', ')}`;
}
