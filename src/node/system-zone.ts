import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, codeOf } from '../base/errors.ts';
import { ZONE_FILE_BYTES_MAX } from '../base/limits.ts';

const ZONES = '/usr/share/zoneinfo';
const NAME = /^[A-Za-z_]{2,32}(\/[A-Za-z0-9_+-]{1,32}){0,2}$/;
const MAGIC = 'TZif';
const VERSION_AT = 4;
const NEWLINE = 0x0a;

/**
 * The POSIX TZ rule that `text` stands for: the one of a zone that this system knows by name (`Europe/Berlin`), else
 * `text` itself. Boards keep the rule, for their databases of names differ.
 * @throws zone_unknown for a name that is not there, zone_rule for a zone that no rule describes.
 */
export function zoneRule(text: string, zones = ZONES): string {
  if (!NAME.test(text)) return text;
  const bytes = readZone(join(zones, text), text);
  // RFC 8536 section 3.3: after the data of version 2 comes the rule between two line breaks.
  const isVersion2 = bytes.toString('latin1', 0, VERSION_AT) === MAGIC && (bytes[VERSION_AT] ?? 0) >= 0x32;
  const start = bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1;
  const rule =
    isVersion2 && bytes.at(-1) === NEWLINE && start > 0 ? bytes.toString('latin1', start, bytes.length - 1) : '';
  if (rule !== '') return rule;
  throw new CodedError('zone_rule', `this system has no rule for ${text}, only past changes`, {
    fields: { zone: text },
    advice: 'Give a POSIX rule, such as CET-1CEST,M3.5.0,M10.5.0/3.',
  });
}

function readZone(path: string, name: string): Buffer {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (stat.isFile() && stat.size <= ZONE_FILE_BYTES_MAX) return readFileSync(file);
  } catch (cause) {
    const code = codeOf(cause);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
  } finally {
    if (file !== null) closeSync(file);
  }
  throw new CodedError('zone_unknown', `this system knows no zone ${name}`, {
    fields: { zone: name },
    advice: 'Check its spelling, or give a POSIX rule, such as CET-1CEST,M3.5.0,M10.5.0/3.',
  });
}
