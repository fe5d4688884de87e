module.exports = {
  apiKey: 'Zx81kQ04mmP2',
  url: "postgres://shop:hT7kq9zL@db.internal/shop",
  password: process.env.PW,
  slack: "xoxb-2048731958-8fK2Lq9Zp",
};
