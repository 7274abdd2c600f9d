import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import type { BootBoard } from './boards.ts';
import {
  PARTITIONS,
  SECTOR_BYTES,
  SLOT_TRIES_MAX,
  STATE_COPY_BYTES,
  STATE_COPY_DISTANCE_BYTES,
  STATE_OFFSET_BYTES,
} from './layout.ts';

/** The script that U-Boot runs from the FAT partition. */

const COMMON = 'boot.cmd';
const hex = (value: number) => value.toString(16);

/** The text of the script: what this board differs in, and `boot.cmd`. */
export function bootScriptText(board: BootBoard): string {
  const { addresses } = board;
  const names: Readonly<Record<string, string>> = {
    bm_command: board.command,
    bm_console: board.kernelWords,
    bm_trees: board.trees === undefined ? 'no' : 'yes',
    bm_kernel: `0x${addresses.kernel}`,
    ...(addresses.unpacked === undefined ? {} : { kernel_comp_addr_r: `0x${addresses.unpacked}` }),
    bm_tree: `0x${addresses.tree}`,
    bm_tree_bytes: '200000',
    bm_tree_room: '20000',
    bm_overlay_at: `0x${addresses.overlay}`,
    bm_scratch: `0x${addresses.scratch}`,
    bm_initramfs: `0x${addresses.initramfs}`,
    bm_state_part: hex(PARTITIONS.state),
    bm_part_a: hex(PARTITIONS.slotA),
    bm_part_b: hex(PARTITIONS.slotB),
    bm_state_1: hex(STATE_OFFSET_BYTES / SECTOR_BYTES),
    bm_state_2: hex((STATE_OFFSET_BYTES + STATE_COPY_DISTANCE_BYTES) / SECTOR_BYTES),
    bm_state_bytes: hex(STATE_COPY_BYTES),
    bm_state_sectors: hex(STATE_COPY_BYTES / SECTOR_BYTES),
    bm_tries: String(SLOT_TRIES_MAX),
  };
  const lines = Object.entries(names).map(([name, value]) => `setenv ${name} ${value}`);
  return [...lines, ...treeLines(board), readFileSync(join(import.meta.dirname, COMMON), 'utf8')].join('\n');
}

/** U-Boot for the Pi names the tree itself; that for the BeagleBone only says which board it is. */
function treeLines(board: BootBoard): readonly string[] {
  return Object.entries(board.trees?.namedByBoard ?? {}).map(
    ([name, tree]) => `if test "\${board_name}" = ${name}; then setenv fdtfile ${tree}; fi`,
  );
}

/**
 * Writes the script as U-Boot takes it to the file `out`.
 * @param epochS the time it says it was made, in seconds.
 * @throws mkimage_failed with what the program said.
 */
export function writeBootScript(board: BootBoard, out: string, epochS: number): void {
  mkdirSync(dirname(out), { recursive: true });
  const scratch = mkdtempSync(`${out}.`);
  try {
    const source = join(scratch, 'boot.cmd');
    writeFileSync(source, bootScriptText(board));
    const format = board.scriptFormat === 'fit' ? fitArguments(scratch) : legacyArguments(board, source);
    execFileSync('mkimage', [...format, out], {
      env: { PATH: process.env.PATH, SOURCE_DATE_EPOCH: String(epochS) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (cause) {
    throw new CodedError('mkimage_failed', `the boot script could not be packed into ${out}: ${String(cause)}`, {
      fields: { out },
      advice: 'install the package u-boot-tools, and read above what mkimage said',
      cause,
    });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function legacyArguments(board: BootBoard, source: string): readonly string[] {
  return ['-A', board.processor, '-T', 'script', '-C', 'none', '-n', 'blockmesh', '-d', source];
}

function fitArguments(scratch: string): readonly string[] {
  const tree = join(scratch, 'boot.its');
  const words = 'description = "blockmesh"; #address-cells = <1>;';
  const hash = 'hash-1 { algo = "crc32"; };';
  const script = `description = "boot"; data = /incbin/("boot.cmd"); type = "script"; compression = "none"; ${hash}`;
  writeFileSync(tree, `/dts-v1/;\n/ { ${words} images { default = "script"; script { ${script} }; }; };\n`);
  return ['-f', tree];
}
