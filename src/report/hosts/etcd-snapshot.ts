/** A snapshot of a cluster of etcd that was brought to this machine. */
export interface EtcdSnapshot {
  readonly cluster: string
  readonly group: string
  /** Whose member gave it. */
  readonly host: string
  readonly file: string
  readonly sizeBytes: number
  /** Of the whole file. */
  readonly sha256: string
}
