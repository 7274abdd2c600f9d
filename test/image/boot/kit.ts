import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Card } from './card.ts';

/** Puts the test's wires beside a board: see README.md. */

/** As short as it can be: a kernel for 32 bits takes 1,024 characters of words in all. */
const UNIT = `[Unit]
DefaultDependencies=no
Requires=boot-firmware.mount
After=boot-firmware.mount
Before=blockmesh-boot.service blockmesh-pins.service
[Service]
Type=oneshot
ExecStart=sh /boot/firmware/kit.sh setup
`;

/** Lines of the kit's chip, by their offsets. */
export const LINE = { front: 0, side: 1 } as const;
export const KIT = 'sh /boot/firmware/kit.sh';

/** @param words further ones for the kernel. */
export function layKit(card: Card, words: readonly string[] = []): void {
  const unit = `systemd.set_credential_binary=systemd.extra-unit.kit.service:${Buffer.from(UNIT).toString('base64')}`;
  card.write('kit.sh', readFileSync(join(import.meta.dirname, 'kit.sh')));
  card.write('board.env', `arguments=${[...words, unit, 'systemd.wants=kit.service'].join(' ')}\n`);
}
