/** Where messages for MQTT go: the broker of this node, or nowhere while there is none. */
export interface MessageBus {
  /**
   * @param topic whole, with the broker's base; a name without wildcards.
   * @param payload JSON text.
   * Resolves when the broker has taken it.
   */
  publish(
    topic: string,
    payload: string,
    options: { readonly retain: boolean; readonly qos: 0 | 1 | 2 },
  ): Promise<void>;
}
