export const bootFormatNames = ['cloud-config', 'coreos', 'ignition', 'script'] as const
export type BootFormatName = (typeof bootFormatNames)[number]
