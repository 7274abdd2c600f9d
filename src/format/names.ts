import { NAME_BYTES_MAX } from '../base/limits.ts';

/** Names that stand in blocks, and so in manifests. Of plain ASCII, so that two that look alike are alike. */
export const DAPP_NAME = new RegExp(`^[a-z][a-z0-9-]{0,${NAME_BYTES_MAX - 1}}$`);
export const KIND_NAME = new RegExp(`^[a-z][a-z0-9.-]{0,${NAME_BYTES_MAX - 1}}$`);
/** A semantic version without labels; no leading zeros, so that one version has one text. */
export const VERSION = /^(0|[1-9]\d{0,4})(\.(0|[1-9]\d{0,4})){2}$/;
