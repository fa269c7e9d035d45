// Nothing around the model.
export const create = () => ({ flush: async () => {} });
