import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ZONE_FILE_BYTES_MAX } from '../../src/base/limits.ts';
import { zoneRule } from '../../src/node/system-zone.ts';
import { newFolder } from '../store/open-store.ts';

/** A TZif file (RFC 8536) whose data nobody reads, with a rule at its end. */
function zoneFile(rule: string, version = '2'): Buffer {
  const header = Buffer.alloc(44);
  header.write(`TZif${version}`, 'latin1');
  return Buffer.concat([header, Buffer.from([1, 2, 0x0a, 3]), header, Buffer.from(`\n${rule}\n`, 'latin1')]);
}

t.test('a zone by name gives its rule, a rule gives itself', async (t) => {
  const zones = newFolder(t);
  mkdirSync(join(zones, 'Europe'));
  mkdirSync(join(zones, 'America/Indiana'), { recursive: true });
  writeFileSync(join(zones, 'Europe/Berlin'), zoneFile('CET-1CEST,M3.5.0,M10.5.0/3'));
  writeFileSync(join(zones, 'America/Indiana/Knox'), zoneFile('CST6CDT,M3.2.0,M11.1.0', '4'));
  writeFileSync(join(zones, 'UTC'), zoneFile('UTC0'));
  t.equal(zoneRule('Europe/Berlin', zones), 'CET-1CEST,M3.5.0,M10.5.0/3');
  t.equal(zoneRule('America/Indiana/Knox', zones), 'CST6CDT,M3.2.0,M11.1.0');
  t.equal(zoneRule('UTC', zones), 'UTC0');
  for (const rule of [
    'UTC0',
    'CET-1CEST,M3.5.0,M10.5.0/3',
    '<+0330>-3:30',
    '',
    '/etc/passwd',
    '../UTC',
    'Europe/../UTC',
  ]) {
    t.equal(zoneRule(rule, zones), rule, `${rule}: no name, so whoever keeps rules judges it`);
  }
});

t.test('what has no rule is refused', async (t) => {
  const zones = newFolder(t);
  mkdirSync(join(zones, 'Europe'));
  const write = (name: string, bytes: string | Buffer) => writeFileSync(join(zones, name), bytes);
  write('OldForm', zoneFile('CET-1', '\0'));
  write('NoRule', zoneFile(''));
  write('NoEnd', zoneFile('CET-1').subarray(0, -1));
  write('Words', 'these are words\n');
  write('Empty', '');
  write('Huge', Buffer.alloc(ZONE_FILE_BYTES_MAX + 1));
  for (const name of ['OldForm', 'NoRule', 'NoEnd', 'Words', 'Empty']) {
    t.throws(() => zoneRule(name, zones), { name: 'CodedError', code: 'zone_rule', fields: { zone: name } }, name);
  }
  for (const name of ['Europe', 'Europe/Atlantis', 'Words/Below', 'Huge']) {
    t.throws(() => zoneRule(name, zones), { name: 'CodedError', code: 'zone_unknown', fields: { zone: name } }, name);
  }
});
