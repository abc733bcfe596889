/** How many bytes of user-data providers take: EC2 before base64, Azure of `customData` after it. */
export const userDataLimits = { ec2: 16_384, digitalocean: 65_536, azure: 65_535 } as const

export type Provider = keyof typeof userDataLimits
