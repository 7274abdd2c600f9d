/** What the schemas of `blockmesh.toml` are made of. */

export const DEVICE_NAME = '^[a-z0-9][a-z0-9-]{0,31}$';

/** Mostly paths, in which the system allows no NUL. */
export const text = { type: 'string', minLength: 1, maxLength: 256, pattern: '^\\P{Cc}*$' };

/** Goes into an option of the pins process, where commas and equals signs part things. */
export const pinWord = { type: 'string', minLength: 1, pattern: '^[^,=\\s\\p{Cc}]*$' };

/** Where a line is on its chip. */
export const pinOffset = { type: 'integer', minimum: 0, maximum: 4095 };

export const table = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});

/** One table for each device, by its name. */
export const devices = (one: object) => ({
  type: 'object',
  propertyNames: { pattern: DEVICE_NAME },
  additionalProperties: one,
});

/** Devices on one line, named by itself or by its offset on a chip. */
export const pinned = (properties: object) =>
  devices({
    ...table({ chip: pinWord, line: pinWord, offset: pinOffset, ...properties }),
    oneOf: [
      { required: ['line'], not: { required: ['offset'] } },
      { required: ['chip', 'offset'], not: { required: ['line'] } },
    ],
  });
