import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RELEASE } from '../machine/release.ts';

/** What systemd itself makes of our units; it need not run for that. */

const UNITS = globSync('systemd/*.service', { cwd: RELEASE }).sort();
/** Of 10: "exposure level: OK" ends there. In tenths, as `--threshold` has it. */
const EXPOSURE_MAX = 30;

t.test('every service denies by default', (t) => {
  t.ok(UNITS.includes('systemd/blockmesh-node.service'));
  for (const unit of UNITS) {
    const words = ['security', '--offline=yes', `--threshold=${EXPOSURE_MAX}`, '--no-pager', join(RELEASE, unit)];
    const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    t.equal(status, 0, `${unit}: ${stdout.split('\n').filter(Boolean).at(-1)} ${stderr}`);
  }
  t.end();
});
