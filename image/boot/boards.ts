import { BEAGLEBONE_ENVIRONMENT, BEAGLEBONE_TREES } from './beaglebone.ts';
import { RPI_CONFIG, RPI_ENVIRONMENT, RPI_FIRMWARE_TREES, RPI_TREES } from './rpi.ts';

/** What the boot path of each board differs in; the boards themselves are files of image/boards. */
export interface BootBoard {
  /** The processor, as mkimage calls it. */
  readonly processor: 'arm' | 'arm64';
  /** U-Boot's command that starts a kernel of this processor. */
  readonly command: 'booti' | 'bootz';
  /** AM335x's U-Boot is built without legacy images and takes scripts only as FIT; the Pi's only the other way. */
  readonly scriptFormat: 'legacy' | 'fit';
  /**
   * Where U-Boot puts things in memory. All below 256 MiB of it, and apart: the Pi's own addresses leave 36 MiB to a
   * kernel, and Debian's has more.
   */
  readonly addresses: BootAddresses;
  /** Device trees that come with the slot; without any, the machine gives its own to U-Boot. */
  readonly trees?: BootTrees;
  /** The kernel's console and other words for it. */
  readonly kernelWords: string;
  /** Loaded by the initramfs, in this order, with what they need. */
  readonly modules: readonly string[];
  /** The folder of hw/overlays with its overlays. */
  readonly overlays?: string;
  /** Where the board keeps the safe levels of its outputs for the next power-on, and what it says before any is known. */
  readonly levels?: Levels;
  /** Files of the first stage that are ours to write. */
  readonly firmware?: Firmware;
  /** U-Boot's own environment, a file on the FAT partition. */
  readonly environment?: FatEnvironment;
}

export interface BootAddresses {
  readonly kernel: string;
  /** Where `booti` unpacks a kernel; `bootz` takes kernels that unpack themselves. */
  readonly unpacked?: string;
  readonly tree: string;
  readonly overlay: string;
  readonly scratch: string;
  readonly initramfs: string;
}

export interface BootTrees {
  /** The folder in /boot/dtbs that U-Boot's name for a tree begins with; empty for none. */
  readonly folder: string;
  readonly names: readonly string[];
  /** U-Boot's names of boards and the trees of each, where U-Boot does not name the tree itself. */
  readonly namedByBoard?: Readonly<Record<string, string>>;
}

export interface Levels {
  readonly file: 'levels.txt' | 'levels.env';
  readonly text: string;
}

export interface Firmware {
  /** config.txt, for the firmware of a Raspberry Pi. */
  readonly config: string;
  /** Names of the trees of which it gives the right one to U-Boot. */
  readonly trees: readonly string[];
}

export interface FatEnvironment {
  /** CONFIG_ENV_SIZE of that build. */
  readonly bytes: number;
  readonly values: Readonly<Record<string, string>>;
}

const FILE_SYSTEMS = ['ext4', 'overlay'] as const;

const VIRT_DISKS = ['virtio_pci', 'virtio_mmio', 'virtio_blk'] as const;
const VIRT = {
  kernelWords: 'console=ttyAMA0 quiet loglevel=4',
} as const;

export const BOOT_BOARDS: Readonly<Record<string, BootBoard>> = {
  'virt-arm64': {
    ...VIRT,
    processor: 'arm64',
    command: 'booti',
    scriptFormat: 'legacy',
    // QEMU can be given a watchdog, as tests do.
    modules: [...VIRT_DISKS, 'i6300esb', ...FILE_SYSTEMS],
    addresses: {
      kernel: '40400000',
      tree: '46000000',
      overlay: '46300000',
      scratch: '46400000',
      initramfs: '46800000',
      unpacked: '48000000',
    },
  },
  'virt-armhf': {
    ...VIRT,
    processor: 'arm',
    command: 'bootz',
    // It takes both: this one shows that the BeagleBone's can be read.
    scriptFormat: 'fit',
    modules: [...VIRT_DISKS, ...FILE_SYSTEMS],
    addresses: {
      kernel: '42000000',
      tree: '46000000',
      overlay: '46300000',
      scratch: '46400000',
      initramfs: '46800000',
    },
  },
  rpi: {
    processor: 'arm64',
    command: 'booti',
    scriptFormat: 'legacy',
    trees: RPI_TREES,
    overlays: 'rpi',
    levels: { file: 'levels.txt', text: '# The safe levels of the outputs, from power-on. The board writes this.' },
    firmware: { config: RPI_CONFIG, trees: RPI_FIRMWARE_TREES },
    // The line on the header belongs to readers: a console there would talk into them.
    kernelWords: 'console=tty1 quiet loglevel=4 watchdog.open_timeout=120',
    addresses: {
      kernel: '200000',
      tree: '5000000',
      overlay: '5300000',
      scratch: '5400000',
      initramfs: '5800000',
      unpacked: '6800000',
    },
    modules: [
      ...['fixed', 'gpio-regulator', 'bcm2835-dma', 'bcm2835', 'sdhci-iproc', 'sdhci-brcmstb', 'mmc_block'],
      ...['bcm2835_wdt', ...FILE_SYSTEMS],
    ],
    environment: RPI_ENVIRONMENT,
  },
  beaglebone: {
    processor: 'arm',
    command: 'bootz',
    scriptFormat: 'fit',
    trees: BEAGLEBONE_TREES,
    overlays: 'beaglebone',
    levels: { file: 'levels.env', text: 'levels_low=\nlevels_high=' },
    kernelWords: 'console=ttyS0,115200 quiet loglevel=4 watchdog.open_timeout=120',
    addresses: {
      kernel: '82000000',
      tree: '88000000',
      overlay: '88300000',
      scratch: '88400000',
      initramfs: '88800000',
    },
    modules: ['omap_hsmmc', 'sdhci-omap', 'mmc_block', 'omap_wdt', ...FILE_SYSTEMS],
    environment: BEAGLEBONE_ENVIRONMENT,
  },
};
