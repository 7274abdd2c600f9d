/**
 * Finds the script on the first disk that has one. The delay of -2 asks nobody: a reader that sends a badge while
 * U-Boot runs must not stop it at a prompt.
 */
export const START_VALUES = {
  bootdelay: '-2',
  bootcmd:
    `for bm_disk in 0 1 2; do setenv devtype mmc; setenv devnum \${bm_disk}; setenv distro_bootpart 1; ` +
    `if load mmc \${bm_disk}:1 \${scriptaddr} boot.scr; then source \${scriptaddr}; fi; done; sleep 5; reset`,
} as const;
