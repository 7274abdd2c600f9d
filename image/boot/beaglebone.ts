import { START_VALUES } from './start-values.ts';

/** What the boot path of a BeagleBone has that no other board has: its trees, and U-Boot's names for the boards. */
export const BEAGLEBONE_TREES = {
  folder: '',
  names: ['am335x-boneblack.dtb', 'am335x-boneblue.dtb', 'am335x-bonegreen.dtb', 'am335x-boneblack-wireless.dtb'],
  namedByBoard: {
    A335BNLT: 'am335x-boneblack.dtb',
    BBBW: 'am335x-boneblack-wireless.dtb',
    BBG1: 'am335x-bonegreen.dtb',
    BBBL: 'am335x-boneblue.dtb',
  },
};

export const BEAGLEBONE_ENVIRONMENT = {
  bytes: 0x20000,
  values: { ...START_VALUES, scriptaddr: '0x80000000', bootm_size: '0x10000000' },
};
