// What a GWIOT 7941E sends (vendor's sheet, as quoted at https://github.com/herra/rfidtagsclone, and the vectors of the
// 7941D, its sibling that reads 13.56 MHz too).

export const BAUD_RATE = 9600;

export const FRAME_START = 0x02;
export const FRAME_END = 0x03;
/** The whole frame's length, said in its second byte. */
export const FRAME_BYTES = 10;
/** What the third byte calls an EM4100. The 7941D sends others for cards of 13.56 MHz; this reader hears none. */
export const TYPE_EM4100 = 0x02;

export const TYPE_AT = 2;
/** Big-endian. The byte before it is the card's customer code, which the sheet does not count among its number. */
export const UID_AT = 4;
export const UID_BYTES = 4;
/** The XOR of the bytes from the length to the UID's last. */
export const CHECKSUM_AT = 8;
