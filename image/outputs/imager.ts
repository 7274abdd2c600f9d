import type { Board } from '../board.ts';

export interface PublishedImage {
  readonly board: Board;
  readonly version: string;
  readonly epochS: number;
  /** Where the file can be had: a name beside the list, or a whole address. */
  readonly url: string;
  readonly packedBytes: number;
  readonly packedSha256: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What the board imports of that which the Imager asks for: it writes `user-data` and `network-config` on the card. */
const INIT_FORMAT = 'cloudinit';

/** An image as the Raspberry Pi Imager describes one. */
export function imagerEntry(image: PublishedImage): Readonly<Record<string, unknown>> {
  const { board, version, epochS } = image;
  return {
    name: `blockmesh ${version} (${board.title})`,
    description: 'A door that decides by itself who may use it',
    url: image.url,
    extract_size: image.bytes,
    extract_sha256: image.sha256,
    image_download_size: image.packedBytes,
    image_download_sha256: image.packedSha256,
    release_date: new Date(epochS * 1000).toISOString().slice(0, 10),
    init_format: INIT_FORMAT,
    devices: board.devices,
  };
}

/** A list as the Imager reads it (`--repo`). */
export function imagerList(entries: readonly unknown[]): string {
  return `${JSON.stringify({ os_list: entries }, null, 2)}\n`;
}
