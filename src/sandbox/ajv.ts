import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';

/** Turns schemas into functions; it keeps what it has compiled for as long as it lives. */
export type SchemaCompiler = (schema: SchemaObject) => ValidateFunction;

/**
 * Strict, so that a misspelt schema fails when it is compiled; own members only, so that a body cannot lean on
 * members that every object inherits (`constructor`); silent, for what is wrong is thrown.
 */
export function schemaCompiler(): SchemaCompiler {
  const ajv = new Ajv({
    strict: true,
    strictTypes: true,
    strictTuples: true,
    strictRequired: false,
    allowUnionTypes: true,
    ownProperties: true,
    validateFormats: false,
    messages: true,
    logger: false,
    addUsedSchema: false,
    // Making the code shorter takes most of the time of compiling, and the bodies are small.
    code: { optimize: false },
  });
  return (schema) => ajv.compile(schema);
}

/** Where and why, of the first error: `/body/items/0`, "must be string". */
export function firstError(errors: readonly ErrorObject[] | null | undefined): { path: string; reason: string } {
  const error = errors?.[0];
  if (error === undefined) return { path: '', reason: 'not valid' };
  return { path: error.instancePath, reason: error.message ?? error.keyword };
}
