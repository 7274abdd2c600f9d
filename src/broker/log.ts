/** The part of a pino logger that this room uses. Never throws. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
