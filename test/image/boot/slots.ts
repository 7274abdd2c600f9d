import type { Scene } from './doors.ts';

/** What RAUC and the slot state say of the slots of a board that is healthy. */

const GOOD = 'blockmesh-slot-good.service';
const SLOT_STATE = '/usr/lib/blockmesh/slot-state';
/** The number of the user `blockmesh`. */
const NOT_ROOT = 980;

interface RaucStatus {
  readonly booted: string;
  readonly boot_primary: string;
  readonly slots: readonly Readonly<Record<string, { readonly state: string; readonly boot_status: string }>>[];
}

/** Waits until the running slot was marked good, and has RAUC tell and mark slots by our program. */
export async function slotsKnown({ shell, report }: Pick<Scene, 'shell' | 'report'>): Promise<void> {
  const said = `journalctl -b --no-pager -o cat -u ${GOOD} | grep 'is good'`;
  const marked = await shell.run(`n=0; until ${said}; do sleep 1; n=$((n+1)); [ $n -lt 300 ] || break; done`);
  const state = await shell.run(`${SLOT_STATE} show`);
  report.ok(
    marked !== '' && /^BOOT_A_LEFT=3$/m.test(state) && !state.includes('BOOT_TRIAL'),
    `a healthy start gives its slot all its tries again: ${marked}; ${state.replaceAll('\n', ' ')}`,
  );
  const json = await shell.run('rauc status --output-format=json 2>/dev/null');
  const { booted, boot_primary: primary, slots } = JSON.parse(json) as RaucStatus;
  const running = slots.find((slot) => slot['rootfs.0'] !== undefined)?.['rootfs.0'];
  report.ok(
    booted === 'A' && primary === 'rootfs.0' && running?.state === 'booted' && running.boot_status === 'good',
    `rauc status: started from ${booted}, next from ${primary}, rootfs.0 is ${running?.state} and ${running?.boot_status}`,
  );
  const other = async (mark: string) => {
    await shell.run(`rauc status mark-${mark} other`);
    return await shell.run(`${SLOT_STATE} get-state B`);
  };
  const marks = [await other('bad'), await other('good')];
  report.ok(
    marks.join() === 'bad,good' && (await shell.run(`${SLOT_STATE} get-primary`)) === 'A',
    `what RAUC marks stands in U-Boot's state: slot B is ${marks.join(', then ')}`,
  );
  const { code } = await shell.try(`setpriv --reuid=${NOT_ROOT} --clear-groups rauc status`);
  report.ok(code !== 0, 'RAUC answers root alone');
}
