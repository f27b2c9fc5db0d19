/** Words of a text: a long list that is easier to read than one of quoted names. */
export const words = (text: string): string[] => text.trim().split(/\s+/);
