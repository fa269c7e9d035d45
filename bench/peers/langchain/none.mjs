// No handler at all.
export const create = () => ({ flush: async () => {} });
