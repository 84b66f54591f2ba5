"""Common names of persons, in English and Chinese: evidence that a column holds names, not a list of all names.

The names are the most frequent given and family names of the United States, Britain and Australia, some of the rest
of Europe and of Latin America, and the most frequent Chinese family names; in Chinese given names the characters
count, since given names themselves are hardly ever alike.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["COMPOUND_FAMILY_NAMES", "chinese_name", "compound_family_name", "name_words", "western_name"]

_GIVEN = frozenset(
    """
    aaron abigail adam adrian ahmed aidan aiden aisha alan albert alejandro alessandro alex alexander alexandra
    alexis alfie alfred ali alice alicia alison allan allison alyssa amanda amber amelia amy ana anastasia andre
    andrea andreas andrew angel angela angelina anil anita anja ann anna anne annette anthony antoine antonio
    april archie ariana arthur ashley ashton audrey aurelie austin ava barbara barry beatrice ben benjamin
    bernard beth bethany betty beverly bianca bill billy birgit blake bobby bonnie bradley brandon brenda
    brendan brett brian bridget brittany brodie brooke bruce bryan caitlin callum cameron camille carl carla
    carlos carmen carol caroline carolyn carrie catherine cathy cecilia celine charles charlie charlotte chelsea
    cheryl chloe chris christian christina christine christopher cindy claire clara claudia colin connie connor
    cooper corey courtney craig crystal curtis cynthia daisy dale damian dan daniel daniela danielle danny
    darren david dawn dean deborah debra declan denise dennis derek diana diane diego dieter dmitri dominic don
    donald donna doris dorothy douglas duncan dylan edith edward edwin eileen elaine eleanor elena eli elijah
    elise elizabeth ella ellen ellie elliot emilia emily emma eric erica erin ernest esther ethan eugene eva
    evan evelyn faith fatima fatma felicity felix fernando fiona florence florian frances francesca francesco
    francis francisco francois frank franziska fred frederick freya gabriel gabriela gabriella gabrielle gail
    gary gavin gemma geoffrey george georgia georgina gerald gina giovanni giulia glen glenn gloria gordon grace
    graham grant greg gregory gwendolyn hannah hans harold harriet harrison harry harvey hayden hayley hazel
    heather heidi heike helen helene helga henry herbert hiroshi holly howard hugh hugo hunter ian igor imogen
    ingrid irene iris isaac isabel isabella isabelle isla ivan ivy jack jackie jackson jacob jacqueline jacques
    jade jaime jake james jamie jan jane janet janice jared jasmine jason javier jay jayden jean jeff jeffrey
    jenna jennifer jenny jeremy jerry jesse jessica jesus jill jim jimmy joan joanna joanne joe joel johanna
    john johnny jon jonathan jordan jorge jose joseph josephine joshua joyce juan juanita judith judy julia
    julian julie june jurgen justin kaitlyn karen karl kate katelyn katherine kathleen kathryn katie katrin
    kayla keith kelly ken kenji kenneth kerry kevin kieran kim kimberly kirsty klaus kristen kristin kristina
    kyle kylie lachlan lara larry laura lauren laurence laurent lawrence leah lee leo leon leonard leslie lewis
    liam lillian lily linda lindsay lisa lloyd logan lois lorenzo lorraine louis louisa louise luc luca lucas
    lucia lucy luis luke lydia lynn mackenzie madeleine madeline madison maggie manon manuel marc marco marcus
    margaret maria marie marilyn mario mark martha martin mary mason mathew mathieu matilda matt matteo matthew
    maureen max maya megan melanie melinda melissa mercedes mia michael michaela michelle miguel mike mila
    mitchell mohammed molly monica monika muhammad nancy naomi natalia natalie natalya natasha nathalie nathan
    nathaniel neil nicholas nicola nicolas nicole nigel nina noah noel nora norma norman olga oliver olivia omar
    oscar owen paige pamela paolo patricia patrick paul paula pauline pedro peggy penelope peter petra philip
    philippe phillip phoebe phyllis pierre pilar poppy priya rachael rachel rafael rahul ralph ramon raymond
    rebecca reece renee ricardo richard ricky riley rita rob robert roberta roberto robin robyn roger ronald
    rory rosa rose rosemary ross roy ruby russell ruth ryan sabine sally sam samantha samuel sandra sanjay sara
    sarah scarlett scott sean sebastian sergei sergio seth shane shannon sharon shaun shawn sheila shirley
    sienna simon skye sofia sonia sophia sophie spencer stacey stacy stanley stefan stefanie stella stephanie
    stephen steve steven stewart stuart sue summer sunita susan susanne suzanne svetlana sydney sylvia sylvie
    talia tara tatiana taylor teresa terry thea theo theodore theresa thomas tiffany tim timothy tina tobias
    toby todd tom tony tracey tracy travis trevor tristan tyler ursula uwe valerie vanessa vera veronica vicki
    victor victoria vincent violet virginia vivian walter wayne wendy will william wolfgang xavier yuki yvonne
    zachary zara zoe
    """.split()  # noqa: SIM905
)
_FAMILY = frozenset(
    """
    abbott adams ahmed alexander ali allan allen anderson andersson andrews archer armstrong arnold atkinson
    austin bailey baker baldwin ball banks barber barker barnes barnett barrett barton bates baxter beck becker
    bell bennett benson bernard berry bertrand bianchi bishop black blake bond booth bowen bowman boyd bradley
    brady braun brennan brewer briggs brooks brown bruce bryan bryant buchanan buckley burgess burke burns
    burton bush butler byrne cameron campbell carlson carpenter carr carroll carter casey castillo castro
    chambers chan chandler chapman charles chavez chen clark clarke clayton clements cohen cole coleman coles
    collier collins connor conway cook cooke cooper corbett cox craig crawford cross cruz cummings cunningham
    curtis daly daniels davidson davies davis dawson day dean delgado dennis diaz dixon dobson docherty douglas
    doyle dubois duncan dunn durand edwards elliott ellis esposito evans farrell faulkner ferguson fernandez
    ferrari field fischer fisher fitzgerald fleming fletcher flores flynn forbes ford foster fournier fowler fox
    francis franklin fraser freeman fuchs fuller garcia gardner garner garrett george gibbs gibson gilbert gill
    girard glover gomez gonzales gonzalez goodman goodwin gordon graham grant gray green greene greenwood
    gregory griffin griffith griffiths gupta gutierrez guzman hale hall hamilton hammond hansen hanson hardy
    harper harris harrison hart harvey hawkins hayes haynes henderson henry hernandez herrera hewitt hicks
    higgins hill ho hoang hodges hoffmann hofmann holland holloway holmes holt hopkins horton howard howarth
    howe howell hubbard huber hudson hughes humphreys hunt hunter hussain ingram ivanov jackson jacobs james
    jarvis jenkins jennings jensen jimenez johansson johnson johnston jones jordan joseph joyce kaiser kelly
    kemp kennedy kerr khan kim king klein knight knox koch kowalski krause kruger kumar lamb lambert lane lange
    larsen larson laurent lawrence lawson leach lee lefevre lehmann leroy lewis lim lin lindsey little liu lloyd
    long lopez love lowe lucas lynch lyons macdonald mackenzie maldonado malone mann manning marsden marsh
    marshall martin martinez mason matthews maxwell may mccarthy mccormick mcdonald mckenzie mclean medina
    mendez mendoza mercer mercier meyer michel miles miller mills mitchell molina montgomery moore morales moran
    moreau moreno morgan morley morris morrison morton moss muller munoz murphy murray myers nelson neumann
    newman newton ng nguyen nicholls nichols nielsen nixon noble nolan norman norris norton novak nowak nunez
    obrien oconnor oliver oneill ortega ortiz osborne owen owens padilla page palmer park parker parkinson parry
    parsons patel patterson paul payne pearce pearson pena perez perkins perry peters petersen peterson petrov
    phillips pierce poole pope porter potter powell power powers pratt preston price quinn ramirez ramos ray
    reddy reed reeves reid reyes reynolds rhodes rice richards richardson richter riley rios rivera roberts
    robertson robinson rodgers rodriguez rogers romano romero rose ross rossi rousseau roux rowe rowley ruiz
    russell russo ryan salazar sanchez sanders sandoval santiago santos sato saunders schafer schmidt schneider
    schroder schultz schwartz schwarz scott sharma sharp shaw shelton sheppard sherman short silva simmons simon
    simpson sims sinclair singh skinner slater smith snyder soto spencer stanley steele stephens stephenson
    stevens stevenson stewart stokes stone strickland stuart sullivan sutton suzuki swanson tan tanaka tate
    taylor thomas thompson thomson thornton todd torres tran tucker turner valdez vargas vasquez vaughan vaughn
    vega wagner walker wallace waller walsh walters walton wang ward warner warren washington watkins watson
    watts weaver webb weber webster welch wells west wheeler white wilkins wilkinson williams williamson willis
    wilson winter wolf wolfe wong wood woods wright wu yamamoto yang yates young zhang zimmerman zimmermann
    """.split()  # noqa: SIM905
)
_CHINESE_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪"
    "庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲"
    "房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬"
    "張陳楊黃趙吳孫馬許謝鄧馮葉蘇魏呂盧鐘陸廖賈韋鄒龍顧龔邵萬錢嚴"
)
COMPOUND_FAMILY_NAMES = frozenset(
    """
    欧阳 歐陽 上官 司马 司馬 诸葛 諸葛 夏侯 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 长孙 長孫 宇文 司徒 司空 端木 轩辕 軒轅
    东方 東方 独孤 獨孤 南宫 南宮 百里 呼延 拓跋 万俟 澹台 澹臺 公冶 宗政 濮阳 濮陽 淳于 单于 太叔 申屠 仲孙 钟离 鍾離
    鲜于 闾丘 赫连 东郭 東郭 西门 西門 公羊 闻人 太史 第五 左丘 申徒 耶律 完颜 纳兰 叶赫 爱新觉罗 叶赫那拉
    """.split()  # noqa: SIM905
)
"""Chinese family names of more than one character."""
_CHINESE_GIVEN = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华建国志海燕春梅文博子涵雨欣浩然思远梓萱晓东玉佳怡天宇婷红玲燕"
    "鹏辉俊峰飞宏波斌健龙林鑫宁凯旭阳成亮永胜利民生光荣昌福贵金银珍珠宝莲花香云雪霜露月星辰晨曦昊轩睿泽嘉瑞琪琳瑶瑜璇"
    "蕾薇莉莎菲诗语梦洁雅清源江河湖川山石松柏竹翠青蓝紫丹彤颖慧聪智仁义礼信忠孝德贤良善美真诚新元立正大小中一二三"
    "世家安康乐喜庆祥和顺兴旺达进学武勋冠亚男楠帆航程鸣凤鹤翔腾跃恒毅坚钢铁锋锐钊钧铭铮镇玥悦可依伊若如意心念忆爱惠"
    "美淑贞贤娴婉婧妍姝姗媛嫣媚娇妮雯霏露芸芝芬芹苗茜茹荷菊菁萍萌葵蓉蓓蕊薪彬彦影培培基坤城堃增士夫奇奎威安宜宜家宾"
    "富寿尧岩岳崇嵘巍川工巧巨希帅帝常干广庆廷弘彪征微德怀恩悟捷振挺政敬斯方昕昱晋晓景晶晴智暄暖曼朋朗朝杉权杭栋树桐"
    "森楚楷正毓水汉江沁沛泉泓洪洲济浚润淇淼深渊温港湘滨潇澄澜瀚炎炜炳焕焱煜熙燕爽玄玮玲珂珊珏珺琛琨琴琼瑛瑾璐璟璨甜甫畅"
    "白皓盛真石硕祖禄禹秋科秦穆竞端笑筠策维绍经继绪维群耀翰耿聪育胤臣舒舟艺苏范茂莹菡蔚裕言诺谦豪贝赫超轶迪逸道遥邦郁"
    "采鉴银锦长闻阔陶隆雁雄霄霆霖非韬韵顺颜飒飞馨驰骏高魁鲁麒黎齐龄雷伦佑佩俐保仪健倩偉傲儒元兆先克全兵冬冰凌利剑力勤"
    "千升卓博占卫厚友发叶同君启周味和品哲唯啸喆嘉国圆圣均坚垚壮夏夕多太奕好妙姣娅娥婕子存孟季宗定宣容宽寒寅寒雷雷小"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "jr", "sr", "ii", "iii", "iv"])
_MARKS = {ord(char): None for char in "'’.`"}
_SPELLED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "đ": "d", "ı": "i"})


def name_words(text: str) -> list[str]:
    """The words of a text as names are looked up: lower case, accents off, parts of double names apart."""
    folded = text.casefold().translate(_SPELLED)
    if not folded.isascii():
        folded = "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))
    return folded.translate(_MARKS).replace("-", " ").replace(",", " ").split()


def western_name(text: str) -> bool:
    """Whether a text begins with a common given name or ends with a common family name, or is one of either.

    Examples
    --------
    >>> western_name("Zoë Hammersmith"), western_name("Müller"), western_name("garden chair")
    (True, True, False)
    """
    words = [word for word in name_words(text) if word not in _TITLES]
    if not 1 <= len(words) <= 4:
        return False
    first, last = words[0], words[-1]
    return first in _GIVEN or last in _FAMILY or ((first in _FAMILY or last in _GIVEN) and len(words) <= 2)


def compound_family_name(text: str) -> int:
    """How many characters the compound family name has that a Chinese name begins with; 0 if there is none.

    Examples
    --------
    >>> compound_family_name("欧阳娜娜"), compound_family_name("王伟"), compound_family_name("欧阳")
    (2, 0, 0)
    """
    return next((n for n in (4, 2) if len(text) > n and text[:n] in COMPOUND_FAMILY_NAMES), 0)


def chinese_name(text: str) -> bool:
    """Whether a text is a Chinese full name, family name or given name, as far as its characters tell.

    Examples
    --------
    >>> chinese_name("王伟"), chinese_name("欧阳春梅"), chinese_name("欣怡"), chinese_name("电脑配件")
    (True, True, True, False)
    """
    text = text.replace(" ", "").replace("·", "")
    if not 1 <= len(text) <= 4 or _HAN.fullmatch(text) is None:
        return False
    if text in _CHINESE_FAMILY or text in COMPOUND_FAMILY_NAMES:
        return True
    family = compound_family_name(text) or int(text[0] in _CHINESE_FAMILY)
    given = text[family:]
    if family and 1 <= len(given) <= 2 and _CHINESE_GIVEN.issuperset(given):
        return True
    return len(text) <= 2 and _CHINESE_GIVEN.issuperset(text)
