// What RDM6300 modules and their twins ID-12 and ID-20 send (vendors' data sheets).

export const BAUD_RATE = 9600;

export const FRAME_START = 0x02;
export const FRAME_END = 0x03;
export const CARRIAGE_RETURN = 0x0d;
export const LINE_FEED = 0x0a;

/** Ten hex digits of UID, two of checksum. */
export const UID_BYTES = 5;
export const DIGITS = 12;

/** Start, digits, end. */
export const FRAME_BYTES = 1 + DIGITS + 1;
/** ID-12 and ID-20 put CR LF before the end. */
export const FRAME_CRLF_BYTES = FRAME_BYTES + 2;
