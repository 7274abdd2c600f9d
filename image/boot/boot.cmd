# Chooses a slot, counts its tries down, and starts it. U-Boot runs this; image/README.md, "Boot path", tells why.
#
# What was put before this text names the board's addresses, sectors and words for the kernel. Stock U-Boot for the
# BeagleBone has no `setexpr`: nothing here calculates. Counts are looked up, so that none can wrap around at zero.
# ${devtype} and ${devnum} are the disk this was loaded from. Names that begin with bm_ are this script's own.

# Kept from boot to boot. BOOT_TRIAL, where it is set, names a slot that has never been seen healthy.
setenv bm_names 'generation BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT BOOT_TRIAL'
setenv bm_clear 'setenv generation; setenv BOOT_ORDER; setenv BOOT_A_LEFT; setenv BOOT_B_LEFT; setenv BOOT_TRIAL'
setenv bm_import 'env import -c ${bm_scratch} ${bm_state_bytes} ${bm_names}'
setenv bm_read 'run bm_clear; mw.b ${bm_scratch} 0 ${bm_state_bytes}; ${devtype} read ${bm_scratch} ${bm_sector} ${bm_state_sectors} && run bm_import'
setenv bm_export 'env export -c -s ${bm_state_bytes} ${bm_scratch} ${bm_names}'
# Generations go 1, 2, 3, 1, 2, 3: of two that follow each other it is always plain which is the newer.
setenv bm_next 'if test "${generation}" = 1; then setenv generation 2; elif test "${generation}" = 2; then setenv generation 3; else setenv generation 1; fi'
# The older copy is the one that is written: power may fail at any moment, and the newer one stays whole.
setenv bm_turn 'if test "${bm_sector}" = "${bm_state_1}"; then setenv bm_sector ${bm_state_2}; else setenv bm_sector ${bm_state_1}; fi'
setenv bm_write 'run bm_next; run bm_turn; run bm_export && ${devtype} write ${bm_scratch} ${bm_sector} ${bm_state_sectors}'
# Without the state the board starts all the same: a card that cannot be written any more still opens the door.
setenv bm_save 'if test "${bm_writable}" = yes; then run bm_write || echo "blockmesh: the slot state cannot be written: tries are not counted"; fi'

${devtype} dev ${devnum}
setenv bm_writable no
setenv bm_start
part start ${devtype} ${devnum} ${bm_state_part} bm_start
if itest "0x${bm_start}" == "0x${bm_state_1}"; then
  setenv bm_writable yes
else
  echo "blockmesh: partition ${bm_state_part} begins at ${bm_start}, not at ${bm_state_1}: no slot state"
fi

# The newer of the copies that are whole.
setenv bm_newest
setenv bm_seen
if test "${bm_writable}" = yes; then
  setenv bm_sector ${bm_state_1}
  if run bm_read; then
    setenv bm_newest ${bm_state_1}
    setenv bm_seen ${generation}
  else
    echo "blockmesh: slot state: copy 1 is damaged"
  fi
  setenv bm_sector ${bm_state_2}
  if run bm_read; then
    if test -z "${bm_newest}"; then setenv bm_newest ${bm_state_2}; fi
    if test "${bm_seen}${generation}" = 12; then setenv bm_newest ${bm_state_2}; fi
    if test "${bm_seen}${generation}" = 23; then setenv bm_newest ${bm_state_2}; fi
    if test "${bm_seen}${generation}" = 31; then setenv bm_newest ${bm_state_2}; fi
  else
    echo "blockmesh: slot state: copy 2 is damaged"
  fi
fi
if test -n "${bm_newest}"; then
  setenv bm_sector ${bm_newest}
  run bm_read || setenv bm_newest
fi
if test -z "${bm_newest}"; then
  echo "blockmesh: no slot state could be read: both slots get ${bm_tries} tries, A first"
  run bm_clear
  setenv BOOT_ORDER A B
  setenv BOOT_A_LEFT ${bm_tries}
  setenv BOOT_B_LEFT ${bm_tries}
  # So that copy 1 is the first to be written.
  setenv bm_sector ${bm_state_2}
fi
# Whoever wrote it: only what it may say is taken.
if test "${BOOT_ORDER}" != "A B" -a "${BOOT_ORDER}" != "B A" -a "${BOOT_ORDER}" != "A" -a "${BOOT_ORDER}" != "B"; then setenv BOOT_ORDER A B; fi
setenv bm_refill 'setenv BOOT_A_LEFT ${bm_tries}; setenv BOOT_B_LEFT ${bm_tries}'

# A try less; ${bm_left} is empty when there was none left.
setenv bm_less 'if test "${bm_tried}" = 3; then setenv bm_left 2; elif test "${bm_tried}" = 2; then setenv bm_left 1; elif test "${bm_tried}" = 1; then setenv bm_left 0; else setenv bm_left; fi'
setenv bm_count_a 'setenv bm_part ${bm_part_a}; setenv bm_tried ${BOOT_A_LEFT}; run bm_less; if test -n "${bm_left}"; then setenv BOOT_A_LEFT ${bm_left}; run bm_save; fi'
setenv bm_count_b 'setenv bm_part ${bm_part_b}; setenv bm_tried ${BOOT_B_LEFT}; run bm_less; if test -n "${bm_left}"; then setenv BOOT_B_LEFT ${bm_left}; run bm_save; fi'

# What /boot/boot.env of a slot says its files are: a slot that was written by half, or that rots, is not started.
# The stored CRC has one byte order or the other, depending on what a stock U-Boot was built with.
setenv bm_slot_names 'kernel_size kernel_crc kernel_crc_swapped initramfs_size initramfs_crc initramfs_crc_swapped'
setenv bm_forget 'setenv kernel_size; setenv kernel_crc; setenv initramfs_size; setenv initramfs_crc'
setenv bm_load_env 'load ${devtype} ${devnum}:${bm_part} ${bm_scratch} /boot/boot.env && env import -t ${bm_scratch} ${filesize} ${bm_slot_names}'
setenv bm_sum 'mw.l ${bm_scratch} 0 2; crc32 ${bm_at} ${filesize} ${bm_scratch}'
setenv bm_is_whole 'run bm_sum; itest.l *${bm_scratch} == 0x${bm_crc} || itest.l *${bm_scratch} == 0x${bm_crc_swapped}'
setenv bm_check 'if itest "0x${filesize}" == "0x${bm_size}"; then run bm_is_whole; else false; fi'
setenv bm_load_kernel 'load ${devtype} ${devnum}:${bm_part} ${bm_kernel} /boot/vmlinuz && setenv kernel_comp_size ${filesize} && setenv bm_at ${bm_kernel} && setenv bm_size "${kernel_size}" && setenv bm_crc "${kernel_crc}" && setenv bm_crc_swapped "${kernel_crc_swapped}" && run bm_check'
setenv bm_load_initramfs 'load ${devtype} ${devnum}:${bm_part} ${bm_initramfs} /boot/initramfs && setenv bm_at ${bm_initramfs} && setenv bm_initramfs_size ${filesize} && setenv bm_size "${initramfs_size}" && setenv bm_crc "${initramfs_crc}" && setenv bm_crc_swapped "${initramfs_crc_swapped}" && run bm_check'

# The device tree: of the slot where the slot has one for this board, else the one that U-Boot itself was given.
setenv bm_take_slot_tree 'load ${devtype} ${devnum}:${bm_part} ${bm_tree} /boot/dtbs/${fdtfile} && fdt addr ${bm_tree}'
setenv bm_take_given_tree 'setenv bm_given ${fdtcontroladdr}; if test "${bm_trees}" = yes -a -n "${fdt_addr}"; then setenv bm_given ${fdt_addr}; fi; fdt addr ${bm_given} && fdt move ${bm_given} ${bm_tree} ${bm_tree_bytes} && fdt addr ${bm_tree}'
setenv bm_take_tree 'if test "${bm_trees}" = yes; then run bm_take_slot_tree || run bm_take_given_tree; else run bm_take_given_tree; fi'
setenv bm_overlay 'load ${devtype} ${devnum}:${bm_part} ${bm_overlay_at} /boot/overlays/${bm_name}.dtbo && fdt apply ${bm_overlay_at}'
setenv bm_apply 'fdt resize ${bm_tree_room}; for bm_one in ${overlays}; do setenv bm_name ${bm_one}; if test -z "${bm_bad_overlay}"; then run bm_overlay || setenv bm_bad_overlay ${bm_one}; fi; done'
# A tree in which an overlay failed is no longer one: it is read again, and the board starts without any.
setenv bm_overlays 'setenv bm_bad_overlay; if test -n "${overlays}"; then run bm_apply; fi; if test -n "${bm_bad_overlay}"; then echo "blockmesh: overlay ${bm_bad_overlay} does not fit: none is used"; run bm_take_tree; else true; fi'

setenv bm_words_tail 'if test -n "${bm_bad_overlay}"; then setenv bootargs "${bootargs} blockmesh.bad_overlay=${bm_bad_overlay}"; fi; if test -n "${arguments}"; then setenv bootargs "${bootargs} ${arguments}"; fi; true'
setenv bm_words 'part uuid ${devtype} ${devnum}:${bm_part} bm_uuid; setenv bootargs "root=PARTUUID=${bm_uuid} ro panic=5 blockmesh.slot=${bm_slot} rauc.slot=${bm_slot} ${bm_console}"; run bm_words_tail'
setenv bm_go '${bm_command} ${bm_kernel} ${bm_initramfs}:${bm_initramfs_size} ${bm_tree}'
setenv bm_start_slot 'run bm_forget; run bm_load_env && run bm_load_kernel && run bm_load_initramfs && run bm_take_tree && run bm_overlays && run bm_words && run bm_go'

# What the board or its owner has put beside this script: overlays, and words for the kernel. Lines may end as Windows' do.
setenv overlays
setenv arguments
if load ${devtype} ${devnum}:1 ${bm_scratch} board.env; then env import -t -r ${bm_scratch} ${filesize} overlays arguments; fi
# Lines of outputs, by their numbers in U-Boot, that are driven to their safe levels before anything else runs.
setenv levels_low
setenv levels_high
if load ${devtype} ${devnum}:1 ${bm_scratch} levels.env; then env import -t ${bm_scratch} ${filesize} levels_low levels_high; fi
for bm_line in ${levels_low}; do gpio clear ${bm_line}; done
for bm_line in ${levels_high}; do gpio set ${bm_line}; done

for bm_pass in 1 2; do
  if test ${bm_pass} = 2; then
    echo "blockmesh: no slot has a try left: both get ${bm_tries} again"
    run bm_refill
    if test "${BOOT_ORDER}" = A; then setenv BOOT_ORDER A B; fi
    if test "${BOOT_ORDER}" = B; then setenv BOOT_ORDER B A; fi
  fi
  # A loop's name and an environment's are one: setenv would hide what the loop goes on to.
  for bm_word in ${BOOT_ORDER}; do
    setenv bm_slot ${bm_word}
    if test ${bm_slot} = A; then run bm_count_a; else run bm_count_b; fi
    if test -n "${bm_left}"; then
      echo "blockmesh: starting slot ${bm_slot}, ${bm_left} tries left after this"
      run bm_start_slot
      echo "blockmesh: slot ${bm_slot} could not be started: its kernel or its initramfs is missing or damaged"
    else
      echo "blockmesh: slot ${bm_slot} has no try left"
    fi
  done
done
echo "blockmesh: neither slot can be started; trying again in 10 s. If this goes on, write the card anew"
sleep 10
reset
