import { readFileSync } from 'node:fs';
import { CodedError, messageOf } from '../../base/errors.ts';
import { PINS_OPTIONS_BYTES_MAX } from '../../base/limits.ts';
import { wrongOption } from './declaration-text.ts';
import { type Declaration, readDeclaration } from './declarations.ts';
import { addDeclaration } from './options.ts';

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CodedError('bad_pins_option', `${path}: ${messageOf(error)}`, { cause: error });
  }
  if (bytes.length > PINS_OPTIONS_BYTES_MAX) throw wrongOption(`${path}: over ${PINS_OPTIONS_BYTES_MAX} bytes`);
  if (bytes.includes(0)) throw wrongOption(`${path}: a byte of it is 0`);
  return bytes.toString('utf8');
}

/**
 * Reads an options file: one `--output`, `--input` or `--wiegand` a line, as PROTOCOL.md has it.
 * @throws bad_pins_option naming the file, its line and what is wrong with it
 */
export function readOptionsFile(path: string): readonly Declaration[] {
  const declarations: Declaration[] = [];
  for (const [index, line] of readText(path).split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    try {
      const space = line.indexOf(' ');
      const option = space < 0 ? line : line.slice(0, space);
      const one = space < 0 ? undefined : readDeclaration(option, line.slice(space + 1));
      if (one === undefined) throw wrongOption(`${option}: expected --output, --input or --wiegand and its value`);
      addDeclaration(declarations, one);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      throw new CodedError(error.code, `${path} line ${index + 1}: ${error.message}`, { cause: error });
    }
  }
  return declarations;
}
