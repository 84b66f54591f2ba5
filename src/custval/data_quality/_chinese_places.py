"""The provinces and prefectures of China, as they are written: GB/T 2260, the level of two and four digits."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PREFECTURES", "PROVINCES", "Prefecture", "Province"]


class Province(NamedTuple):
    """A province: its two digits, short and full name, and its name in Latin letters."""

    code: str
    short: str
    full: str
    latin: str


class Prefecture(NamedTuple):
    """A prefecture: the two digits of its province, short and full name, and its name in Latin letters."""

    province: str
    short: str
    full: str
    latin: str


PROVINCES = (
    Province("11", "北京", "北京市", "Beijing"),
    Province("12", "天津", "天津市", "Tianjin"),
    Province("13", "河北", "河北省", "Hebei"),
    Province("14", "山西", "山西省", "Shanxi"),
    Province("15", "内蒙古", "内蒙古自治区", "Inner Mongolia"),
    Province("21", "辽宁", "辽宁省", "Liaoning"),
    Province("22", "吉林", "吉林省", "Jilin"),
    Province("23", "黑龙江", "黑龙江省", "Heilongjiang"),
    Province("31", "上海", "上海市", "Shanghai"),
    Province("32", "江苏", "江苏省", "Jiangsu"),
    Province("33", "浙江", "浙江省", "Zhejiang"),
    Province("34", "安徽", "安徽省", "Anhui"),
    Province("35", "福建", "福建省", "Fujian"),
    Province("36", "江西", "江西省", "Jiangxi"),
    Province("37", "山东", "山东省", "Shandong"),
    Province("41", "河南", "河南省", "Henan"),
    Province("42", "湖北", "湖北省", "Hubei"),
    Province("43", "湖南", "湖南省", "Hunan"),
    Province("44", "广东", "广东省", "Guangdong"),
    Province("45", "广西", "广西壮族自治区", "Guangxi"),
    Province("46", "海南", "海南省", "Hainan"),
    Province("50", "重庆", "重庆市", "Chongqing"),
    Province("51", "四川", "四川省", "Sichuan"),
    Province("52", "贵州", "贵州省", "Guizhou"),
    Province("53", "云南", "云南省", "Yunnan"),
    Province("54", "西藏", "西藏自治区", "Tibet"),
    Province("61", "陕西", "陕西省", "Shaanxi"),
    Province("62", "甘肃", "甘肃省", "Gansu"),
    Province("63", "青海", "青海省", "Qinghai"),
    Province("64", "宁夏", "宁夏回族自治区", "Ningxia"),
    Province("65", "新疆", "新疆维吾尔自治区", "Xinjiang"),
    Province("71", "台湾", "台湾省", "Taiwan"),
    Province("81", "香港", "香港特别行政区", "Hong Kong"),
    Province("82", "澳门", "澳门特别行政区", "Macao"),
)

# by province; short/latin of a city (full name: with 市), or full:short/latin of another prefecture
_WRITTEN = {
    "13": (
        "石家庄/shijiazhuang 唐山/tangshan 秦皇岛/qinhuangdao 邯郸/handan 邢台/xingtai 保定/baoding "
        "张家口/zhangjiakou 承德/chengde 沧州/cangzhou 廊坊/langfang 衡水/hengshui"
    ),
    "14": (
        "太原/taiyuan 大同/datong 阳泉/yangquan 长治/changzhi 晋城/jincheng 朔州/shuozhou 晋中/jinzhong "
        "运城/yuncheng 忻州/xinzhou 临汾/linfen 吕梁/lvliang"
    ),
    "15": (
        "呼和浩特/huhehaote 包头/baotou 乌海/wuhai 赤峰/chifeng 通辽/tongliao 鄂尔多斯/eerduosi "
        "呼伦贝尔/hulunbeier 巴彦淖尔/bayannaoer 乌兰察布/wulanchabu 兴安盟:兴安/xingan "
        "锡林郭勒盟:锡林郭勒/xilinguolei 阿拉善盟:阿拉善/alashan"
    ),
    "21": (
        "沈阳/shenyang 大连/dalian 鞍山/anshan 抚顺/fushun 本溪/benxi 丹东/dandong 锦州/jinzhou 营口/yingkou "
        "阜新/fuxin 辽阳/liaoyang 盘锦/panjin 铁岭/tieling 朝阳/chaoyang 葫芦岛/huludao"
    ),
    "22": (
        "长春/changchun 吉林/jilin 四平/siping 辽源/liaoyuan 通化/tonghua 白山/baishan 松原/songyuan "
        "白城/baicheng 延边朝鲜族自治州:延边/yanbian"
    ),
    "23": (
        "哈尔滨/haerbin 齐齐哈尔/qiqihaer 鸡西/jixi 鹤岗/hegang 双鸭山/shuangyashan 大庆/daqing 伊春/yichun "
        "佳木斯/jiamusi 七台河/qitaihe 牡丹江/mudanjiang 黑河/heihe 绥化/suihua "
        "大兴安岭地区:大兴安岭/daxinganling"
    ),
    "32": (
        "南京/nanjing 无锡/wuxi 徐州/xuzhou 常州/changzhou 苏州/suzhou 南通/nantong 连云港/lianyungang "
        "淮安/huaian 盐城/yancheng 扬州/yangzhou 镇江/zhenjiang 泰州/taizhou 宿迁/suqian"
    ),
    "33": (
        "杭州/hangzhou 宁波/ningbo 温州/wenzhou 嘉兴/jiaxing 湖州/huzhou 绍兴/shaoxing 金华/jinhua "
        "衢州/quzhou 舟山/zhoushan 台州/taizhou 丽水/lishui"
    ),
    "34": (
        "合肥/hefei 芜湖/wuhu 蚌埠/bengbu 淮南/huainan 马鞍山/maanshan 淮北/huaibei 铜陵/tongling "
        "安庆/anqing 黄山/huangshan 滁州/chuzhou 阜阳/fuyang 宿州/suzhou 六安/luan 亳州/bozhou 池州/chizhou "
        "宣城/xuancheng"
    ),
    "35": (
        "福州/fuzhou 厦门/xiamen 莆田/putian 三明/sanming 泉州/quanzhou 漳州/zhangzhou 南平/nanping "
        "龙岩/longyan 宁德/ningde"
    ),
    "36": (
        "南昌/nanchang 景德镇/jingdezhen 萍乡/pingxiang 九江/jiujiang 新余/xinyu 鹰潭/yingtan 赣州/ganzhou "
        "吉安/jian 宜春/yichun 抚州/fuzhou 上饶/shangrao"
    ),
    "37": (
        "济南/jinan 青岛/qingdao 淄博/zibo 枣庄/zaozhuang 东营/dongying 烟台/yantai 潍坊/weifang 济宁/jining "
        "泰安/taian 威海/weihai 日照/rizhao 临沂/linyi 德州/dezhou 聊城/liaocheng 滨州/binzhou 菏泽/heze"
    ),
    "41": (
        "郑州/zhengzhou 开封/kaifeng 洛阳/luoyang 平顶山/pingdingshan 安阳/anyang 鹤壁/hebi 新乡/xinxiang "
        "焦作/jiaozuo 濮阳/puyang 许昌/xuchang 漯河/luohe 三门峡/sanmenxia 南阳/nanyang 商丘/shangqiu "
        "信阳/xinyang 周口/zhoukou 驻马店/zhumadian"
    ),
    "42": (
        "武汉/wuhan 黄石/huangshi 十堰/shiyan 宜昌/yichang 襄阳/xiangyang 鄂州/ezhou 荆门/jingmen "
        "孝感/xiaogan 荆州/jingzhou 黄冈/huanggang 咸宁/xianning 随州/suizhou "
        "恩施土家族苗族自治州:恩施/enshi"
    ),
    "43": (
        "长沙/changsha 株洲/zhuzhou 湘潭/xiangtan 衡阳/hengyang 邵阳/shaoyang 岳阳/yueyang 常德/changde "
        "张家界/zhangjiajie 益阳/yiyang 郴州/chenzhou 永州/yongzhou 怀化/huaihua 娄底/loudi "
        "湘西土家族苗族自治州:湘西/xiangxi"
    ),
    "44": (
        "广州/guangzhou 韶关/shaoguan 深圳/shenzhen 珠海/zhuhai 汕头/shantou 佛山/foshan 江门/jiangmen "
        "湛江/zhanjiang 茂名/maoming 肇庆/zhaoqing 惠州/huizhou 梅州/meizhou 汕尾/shanwei 河源/heyuan "
        "阳江/yangjiang 清远/qingyuan 东莞/dongguan 中山/zhongshan 潮州/chaozhou 揭阳/jieyang 云浮/yunfu"
    ),
    "45": (
        "南宁/nanning 柳州/liuzhou 桂林/guilin 梧州/wuzhou 北海/beihai 防城港/fangchenggang 钦州/qinzhou "
        "贵港/guigang 玉林/yulin 百色/baise 贺州/hezhou 河池/hechi 来宾/laibin 崇左/chongzuo"
    ),
    "46": "海口/haikou 三亚/sanya 三沙/sansha 儋州/danzhou",
    "51": (
        "成都/chengdu 自贡/zigong 攀枝花/panzhihua 泸州/luzhou 德阳/deyang 绵阳/mianyang 广元/guangyuan "
        "遂宁/suining 内江/neijiang 乐山/leshan 南充/nanchong 眉山/meishan 宜宾/yibin 广安/guangan "
        "达州/dazhou 雅安/yaan 巴中/bazhong 资阳/ziyang 阿坝藏族羌族自治州:阿坝/aba "
        "甘孜藏族自治州:甘孜/ganzi 凉山彝族自治州:凉山/liangshan"
    ),
    "52": (
        "贵阳/guiyang 六盘水/liupanshui 遵义/zunyi 安顺/anshun 毕节/bijie 铜仁/tongren "
        "黔西南布依族苗族自治州:黔西南/qianxinan 黔东南苗族侗族自治州:黔东南/qiandongnan "
        "黔南布依族苗族自治州:黔南/qiannan"
    ),
    "53": (
        "昆明/kunming 曲靖/qujing 玉溪/yuxi 保山/baoshan 昭通/zhaotong 丽江/lijiang 普洱/puer 临沧/lincang "
        "楚雄彝族自治州:楚雄/chuxiong 红河哈尼族彝族自治州:红河/honghe 文山壮族苗族自治州:文山/wenshan "
        "西双版纳傣族自治州:西双版纳/xishuangbanna 大理白族自治州:大理/dali 德宏傣族景颇族自治州:德宏/dehong "
        "怒江傈僳族自治州:怒江/nujiang 迪庆藏族自治州:迪庆/diqing"
    ),
    "54": "拉萨/lasa 日喀则/rikaze 昌都/changdu 林芝/linzhi 山南/shannan 那曲/naqu 阿里地区:阿里/ali",
    "61": (
        "西安/xian 铜川/tongchuan 宝鸡/baoji 咸阳/xianyang 渭南/weinan 延安/yanan 汉中/hanzhong 榆林/yulin "
        "安康/ankang 商洛/shangluo"
    ),
    "62": (
        "兰州/lanzhou 嘉峪关/jiayuguan 金昌/jinchang 白银/baiyin 天水/tianshui 武威/wuwei 张掖/zhangye "
        "平凉/pingliang 酒泉/jiuquan 庆阳/qingyang 定西/dingxi 陇南/longnan 临夏回族自治州:临夏/linxia "
        "甘南藏族自治州:甘南/gannan"
    ),
    "63": (
        "西宁/xining 海东/haidong 海北藏族自治州:海北/haibei 黄南藏族自治州:黄南/huangnan "
        "海南藏族自治州:海南/hainan 果洛藏族自治州:果洛/guoluo 玉树藏族自治州:玉树/yushu "
        "海西蒙古族藏族自治州:海西/haixi"
    ),
    "64": "银川/yinchuan 石嘴山/shizuishan 吴忠/wuzhong 固原/guyuan 中卫/zhongwei",
    "65": (
        "乌鲁木齐/wulumuqi 克拉玛依/kelamayi 吐鲁番/tulufan 哈密/hami 昌吉回族自治州:昌吉/changji "
        "博尔塔拉蒙古自治州:博尔塔拉/boertala 巴音郭楞蒙古自治州:巴音郭楞/bayinguoleng "
        "阿克苏地区:阿克苏/akesu 克孜勒苏柯尔克孜自治州:克孜勒苏/kezileisu 喀什地区:喀什/kashi "
        "和田地区:和田/hetian 伊犁哈萨克自治州:伊犁/yili 塔城地区:塔城/tacheng 阿勒泰地区:阿勒泰/aleitai"
    ),
}


def _prefecture(province: str, written: str) -> Prefecture:
    name, _, latin = written.partition("/")
    full, _, short = name.rpartition(":")
    return Prefecture(province, short, full or f"{short}市", latin)


PREFECTURES = tuple(_prefecture(code, written) for code, text in _WRITTEN.items() for written in text.split())
