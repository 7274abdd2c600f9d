import { START_VALUES } from './start-values.ts';

/** What the boot path of a Raspberry Pi has that no other board has. */

export const RPI_TREES = {
  folder: 'broadcom',
  names: [
    ...['bcm2837-rpi-3-a-plus.dtb', 'bcm2837-rpi-3-b.dtb', 'bcm2837-rpi-3-b-plus.dtb', 'bcm2837-rpi-zero-2-w.dtb'],
    ...['bcm2711-rpi-4-b.dtb', 'bcm2711-rpi-400.dtb', 'bcm2711-rpi-cm4-io.dtb'],
  ],
};
/** Two kinds of a Raspberry Pi 5 have one name in U-Boot: there the firmware's choice is the one for the kernel too. */
export const RPI_FIRMWARE_TREES = [...RPI_TREES.names, 'bcm2712-rpi-5-b.dtb', 'bcm2712-d-rpi-5-b.dtb'];

/** The firmware starts U-Boot, with a tree of mainline Linux; the slot's kernel gets the slot's own. */
export const RPI_CONFIG = `# blockmesh: the firmware starts U-Boot, and U-Boot the system. What belongs to the board is in blockmesh.toml.
arm_64bit=1
kernel=u-boot.bin
upstream_kernel=1
# The clock of the serial port on pins 8 and 10 stays what it is.
enable_uart=1
# No pictures: the memory belongs to the board.
gpu_mem=32
disable_splash=1
boot_delay=0
include levels.txt
`;

/** Of U-Boot, with the addresses that its own has too. */
export const RPI_ENVIRONMENT = {
  bytes: 0x4000,
  values: {
    ...START_VALUES,
    scriptaddr: '0x05400000',
    fdt_high: 'ffffffffffffffff',
    initrd_high: 'ffffffffffffffff',
    stdin: 'serial',
    stdout: 'serial,vidconsole',
    stderr: 'serial,vidconsole',
  },
};
