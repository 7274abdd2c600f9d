import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';

/**
 * Strict, so that a misspelt schema fails when it is compiled; own members only, so that a body cannot lean on
 * members that every object inherits (`constructor`); silent, for what is wrong is thrown.
 */
export function compileSchema(schema: SchemaObject): ValidateFunction {
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
  });
  return ajv.compile(schema);
}

/** Where and why, of the first error: `/body/items/0`, "must be string". */
export function firstError(errors: readonly ErrorObject[] | null | undefined): { path: string; reason: string } {
  const error = errors?.[0];
  if (error === undefined) return { path: '', reason: 'not valid' };
  return { path: error.instancePath, reason: error.message ?? error.keyword };
}
