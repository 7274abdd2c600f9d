/**
 * RAUC's system.conf of a board: which slots there are, and that ours is the program that knows them. The paths are
 * links that the initramfs makes, to the disk the board was started from.
 */
export function raucConfiguration(boardName: string): string {
  return `# Installing updates comes later: until then no keyring is here, and RAUC takes no bundle.
[system]
compatible=blockmesh-${boardName}
bootloader=custom
bundle-formats=verity
data-directory=/data/board/rauc

[handlers]
bootloader-custom-backend=/usr/lib/blockmesh/slot-state

[keyring]
path=/etc/rauc/keyring.pem

[slot.rootfs.0]
device=/run/blockmesh-disk/slot-a
type=ext4
bootname=A

[slot.rootfs.1]
device=/run/blockmesh-disk/slot-b
type=ext4
bootname=B
`;
}
